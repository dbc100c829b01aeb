"""Filters, sorts and pages in Zoho's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from tests.support.zoho import NOON, THINGS
from tsh_sync_gui.engine.ports import ListOrder
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.entities.spec import Sort
from tsh_sync_gui.zoho.paging import list_params, page_params

ALL = ("filter_by", "Status.All")


def test_a_full_walk_is_sorted_by_what_an_edit_does_not_move():
    assert list_params(THINGS, ListOrder.FULL) == (ALL, ("sort_column", "created_time"), ("sort_order", "A"))


def test_a_filter_has_the_only_form_zoho_takes():
    baghdad = datetime(2026, 11, 22, 15, 0, 0, 123456, tzinfo=timezone(timedelta(hours=3)))

    params = dict(list_params(THINGS, ListOrder.FILTERED, baghdad))

    assert params["last_modified_time"] == "2026-11-22T12:00:00+0000"


def test_the_newest_change_first_is_sorted_downwards():
    assert list_params(THINGS, ListOrder.NEWEST)[1:] == (("sort_column", "last_modified_time"), ("sort_order", "D"))


def test_a_list_without_a_sort_by_change_goes_by_its_own_sort_downwards():
    api = replace(THINGS, change_sort=None, full_sort=Sort(column="created_time"))

    assert list_params(api, ListOrder.NEWEST)[1:] == (("sort_column", "created_time"), ("sort_order", "D"))


def test_a_list_without_sorts_is_asked_for_none():
    api = replace(THINGS, change_sort=None, full_sort=None)

    assert {list_params(api, order) for order in (ListOrder.FULL, ListOrder.NEWEST)} == {(ALL,)}


def test_a_filter_needs_a_moment():
    with pytest.raises(ValueError, match="moment"):
        list_params(THINGS, ListOrder.FILTERED)


def test_fixed_parameters_are_part_of_each_page_once():
    page = (("page", "2"), ("per_page", "50"))

    assert page_params(THINGS, (), page=2, per_page=50) == (ALL, *page)
    assert page_params(THINGS, (ALL, ("a", "b")), page=2, per_page=50) == (ALL, ("a", "b"), *page)


@pytest.mark.parametrize("entity", REGISTRY.all, ids=lambda entity: entity.name)
def test_no_walk_of_any_entity_asks_for_one_thing_twice(entity):
    for api in entity.apis:
        for order in ListOrder:
            names = [name for name, _ in list_params(api, order, NOON)]
            assert len(names) == len(set(names))
