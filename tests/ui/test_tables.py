"""All tables alike: export, selection, kept and saved views."""

from __future__ import annotations

import csv
from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.support.fake_service import run_info
from tests.ui.conftest import until
from tsh_sync_gui.core.values import Counts, RunState
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.history import RunRow
from tsh_sync_gui.ui.widgets.exporting import table_around
from tsh_sync_gui.ui.widgets.table import DataTable

NAMES = [one.name for one in REGISTRY]


def columns():
    return (
        Column(key="entity", title="Entity", text=lambda row: row.title, value=lambda row: row.title),
        Column(
            key="calls",
            title="Calls",
            text=lambda row: str(row.info.calls.total),
            value=lambda row: row.info.counts.created,
            is_number=True,
        ),
        Column(key="state", title="Result", text=lambda row: row.info.state.value, value=lambda row: row.info.state),
    )


def rows(number=12):
    return [
        RunRow(
            info=run_info(NAMES[0], RunState.UP_TO_DATE, id=f"r{place:02}", counts=Counts(created=place)), title=name
        )
        for place, name in zip(range(number), ["Alpha", "Beta", "Gamma"] * number, strict=False)
    ]


def table(qtbot, kept):
    made = DataTable(columns(), "Runs", empty="Nothing.", settings=kept)
    qtbot.addWidget(made)
    made.resize(600, 400)
    made.show()
    made.set_rows(rows())
    return made


def test_choosing_rows_says_how_many_and_offers_all_that_match(qtbot, look, kept):
    shown = table(qtbot, kept)
    shown.set_filter("entity", "alpha")

    shown.view.selectRow(0)

    assert shown.foot.text == "1 chosen · 4 of 12 rows"
    assert shown.foot.choose_all.text() == "Select all 4 that match"
    shown.foot.choose_all.click()
    assert len(shown.chosen()) == 4
    assert shown.foot.choose_all.isHidden()
    shown.foot.choose_none.click()
    assert shown.foot.text == "4 of 12 rows"


def test_a_table_is_found_as_it_was_left(qtbot, look, kept):
    left = table(qtbot, kept)
    left.set_filter("entity", "beta")
    left.filtered.use_order([(1, True)])
    left._header.moveSection(2, 0)
    left._header.resizeSection(0, 233)

    found = table(qtbot, kept)

    assert [column.key for column in found.visible_columns()] == ["state", "entity", "calls"]
    assert found._header.sectionSize(0) == 233
    assert found._header.filters == ["beta", "", ""]
    assert [row.title for row in found.visible_rows()] == ["Beta"] * 4
    assert found.filtered.order == [(1, True)]


def test_a_saved_view_comes_back_by_its_name_and_the_beginning_too(qtbot, look, kept):
    shown = table(qtbot, kept)
    shown.sort_by("entity")
    shown.set_filter("entity", "gamma")
    shown.show_column(1, shown=False)
    shown.views.save("Only gamma")

    shown.views.reset()
    assert len(shown.visible_rows()) == 12
    assert len(shown.visible_columns()) == 3

    shown.views.use("Only gamma")
    assert {row.title for row in shown.visible_rows()} == {"Gamma"}
    assert [column.key for column in shown.visible_columns()] == ["entity", "state"]
    shown.views.forget("Only gamma")
    assert shown.views.names() == ()


def test_columns_give_way_where_there_is_no_room_until_a_person_arranges_them(qtbot, look, kept):
    first, *others = columns()
    fitting = (replace(first, grows=1, width=120), *(replace(one, yields=1, width=120) for one in others))
    shown = DataTable(fitting, "Runs", empty="Nothing", settings=kept)
    qtbot.addWidget(shown)
    shown.set_rows(rows())
    shown.resize(300, 300)
    shown.show()
    header = shown.view.horizontalHeader()

    assert [header.isSectionHidden(place) for place in range(3)] == [False, False, True]
    assert header.length() == shown.view.viewport().width()
    assert len(shown.visible_columns()) == 3
    shown.resize(700, 300)
    assert not header.isSectionHidden(2)
    assert header.length() == shown.view.viewport().width()

    shown.show_column(1, shown=False)
    shown.resize(300, 300)
    assert [header.isSectionHidden(place) for place in range(3)] == [False, True, False]
    shown.views.reset()
    assert [header.isSectionHidden(place) for place in range(3)] == [False, False, True]


async def test_an_export_holds_the_filter_the_order_and_the_columns_on_screen(qloop, window, tmp_path):
    history = window.sync.history
    history.set_rows(rows())
    history.set_filter("entity", "alpha")
    history.views.show_view(history.views.current())
    history.filtered.use_order([(4, True)])
    for place in (0, 5, 6, 7, 8, 9, 10, 11, 12):
        history.show_column(place, shown=False)
    told = []
    window.exporter.told.connect(told.append)

    window.exporter.write(history, tmp_path / "runs.csv")
    await until(lambda: told)

    found = list(csv.reader((tmp_path / "runs.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert found[0] == ["Entity", "Result", "Mode", "Created"]
    assert [line[3] for line in found[1:]] == ["9", "6", "3", "–"]
    assert told[0].title == "4 rows exported"


async def test_an_export_that_cannot_be_written_says_so(qloop, window, tmp_path):
    told = []
    window.exporter.told.connect(told.append)

    window.exporter.write(window.sync.history, tmp_path / "no such folder" / "runs.xlsx")
    await until(lambda: told)

    assert told[0].title == "The table could not be exported"
    assert told[0].is_grave


async def test_ctrl_e_asks_for_the_file_of_the_table_in_front(qloop, window, service):
    asked = []
    window.exporter.ask = asked.append
    window.session.attach(service)
    window.service_opened()
    await until(window.sync.history.model.rowCount)

    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)

    assert asked == [window.sync.history]
    assert table_around(window.sync.history.view.viewport()) is window.sync.history
