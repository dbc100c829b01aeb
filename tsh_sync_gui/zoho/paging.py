"""Which query parameters a list takes: filters, sort and page, from an entity's spec."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tsh_sync_gui.core.values import zoho_stamp
from tsh_sync_gui.engine.ports import ListOrder
from tsh_sync_gui.entities.spec import Api, Sort

Params = tuple[tuple[str, str], ...]


def list_params(api: Api, order: ListOrder, since: datetime | None = None) -> Params:
    """Return filters and sort of a walk in *order*; FILTERED asks for what changed at or after *since*.

    A filtered walk keeps the full walk's sort: an edit moves no row out of its place, so that no page edge skips one.
    """
    match order:
        case ListOrder.FULL:
            return (*api.fixed, *_sort(api.full_sort))
        case ListOrder.FILTERED:
            if since is None:
                raise ValueError("a filtered list needs a moment to filter from")
            return (*api.fixed, ("last_modified_time", zoho_stamp(since)), *_sort(api.full_sort))
        case ListOrder.NEWEST:
            newest = api.change_sort or (api.full_sort and Sort(column=api.full_sort.column, descending=True))
            return (*api.fixed, *_sort(newest))


def page_params(api: Api, params: Params, *, page: int, per_page: int) -> Params:
    """Return *params* with the page; the spec's fixed parameters are part of each list call."""
    given = {name for name, _ in params}
    fixed = tuple(pair for pair in api.fixed if pair[0] not in given)
    return (*fixed, *params, ("page", str(page)), ("per_page", str(per_page)))


def ids_param(name: str, ids: Sequence[str]) -> Params:
    """Return the parameter that names several records at once."""
    return ((name, ",".join(ids)),)


def _sort(sort: Sort | None) -> Params:
    if sort is None:
        return ()
    return (("sort_column", sort.column), ("sort_order", "D" if sort.descending else "A"))
