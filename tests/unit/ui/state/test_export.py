"""Tables as files, and the log of a run."""

from __future__ import annotations

import csv
import json
import zipfile
from dataclasses import dataclass

import pytest

from tests.support.fake_service import NOW, run_info
from tsh_sync_gui.core.values import CallKind, Lane, RunState
from tsh_sync_gui.engine.ports import CallRecord, Foreseen, Rejected
from tsh_sync_gui.engine.views import DryRun, RunDetail, SyncReport
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.export import write_table
from tsh_sync_gui.ui.state.preview import foreseen_columns, foreseen_rows, unlisted
from tsh_sync_gui.ui.state.run_log import log_rows
from tsh_sync_gui.ui.state.table_view import TableView, decoded_view, decoded_views, encoded

ENTITY = next(iter(REGISTRY)).name


@dataclass(frozen=True)
class Line:
    key: str
    name: str
    amount: int


COLUMNS = (
    Column(key="id", title="Id", text=lambda row: row.key, value=lambda row: row.key),
    Column(key="name", title="Name", text=lambda row: row.name, value=lambda row: row.name),
    Column(
        key="amount", title="Amount", text=lambda row: str(row.amount), value=lambda row: row.amount, is_number=True
    ),
)
LINES = [Line("4815000000044208123", "شاحن", 7), Line("4815000000044208124", "=1+1", -2)]


def test_a_csv_file_opens_in_excel_with_arabic_letters_and_no_text_is_carried_out_as_a_formula(tmp_path):
    done = write_table(tmp_path / "t.csv", COLUMNS, LINES, name="Runs")

    assert done.rows == 2
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader((tmp_path / "t.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert rows == [
        ["Id", "Name", "Amount"],
        ["4815000000044208123", "شاحن", "7"],
        ["4815000000044208124", "'=1+1", "-2"],
    ]


def test_a_json_file_keeps_numbers_as_numbers(tmp_path):
    write_table(tmp_path / "t.json", COLUMNS[1:], LINES, name="Runs")

    assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))[1] == {"name": "=1+1", "amount": -2}


def test_an_excel_file_keeps_ids_whole_and_takes_no_text_for_a_formula(tmp_path):
    write_table(tmp_path / "t.xlsx", COLUMNS, LINES, name="Runs: [all]", mirrored=True)

    with zipfile.ZipFile(tmp_path / "t.xlsx") as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "<v>-2</v>" in sheet
    assert 'rightToLeft="1"' in sheet
    assert "4815000000044208123" in texts
    assert "=1+1" in texts


def test_a_refused_export_leaves_the_old_file_and_no_rest(tmp_path):
    (tmp_path / "t.csv").write_text("old")
    broken = Column(key="x", title="X", text=lambda _row: 1 // 0, value=lambda _row: 0)

    with pytest.raises(ZeroDivisionError):
        write_table(tmp_path / "t.csv", (broken,), LINES, name="Runs")

    assert [one.name for one in tmp_path.iterdir()] == ["t.csv"]
    assert (tmp_path / "t.csv").read_text() == "old"


def test_views_survive_being_kept_and_damaged_ones_are_none():
    view = TableView(header="AAE=", filters={"name": "x"}, order=(("id", True), ("name", False)), search="y")

    assert decoded_view(encoded(view)) == view
    assert decoded_views(encoded({"Mine": view})) == {"Mine": view}
    assert decoded_view("{broken") is None
    assert decoded_views(None) == {}
    assert not TableView(header="not base64").header_bytes


def test_the_log_of_a_run_is_its_start_its_calls_its_refusals_and_its_end():
    run = run_info(ENTITY, RunState.PARTLY_DONE)
    call = CallRecord(
        run=run.id,
        entity=ENTITY,
        lane=Lane.PERSON,
        kind=CallKind.LIST,
        method="GET",
        path="/things?page=1",
        status=503,
        code=None,
        milliseconds=1200,
        size=0,
        sent_at=NOW,
        error="Service Unavailable",
    )
    refused = Rejected(record_id="12", field="date", value="never", reason="is not a date", payload=b"")

    rows = log_rows(RunDetail(run=run, calls=(call,), rejected=(refused,)))

    assert [row.level for row in rows] == ["info", "error", "warning", "warning"]
    assert "GET /things?page=1 → 503, 1,200 ms" in rows[1].text
    assert rows[2].text == "Record 12 was refused: date is not a date"


def test_a_preview_lists_what_changes_before_what_stays():
    records = (
        Foreseen(entity=ENTITY, id="1", action="skip"),
        Foreseen(entity=ENTITY, id="2", action="update", label="Charger", fields=("rate", "tax_name")),
        Foreseen(entity=ENTITY, id="3", action="skip", reason="date is not a date"),
        Foreseen(entity=ENTITY, id="4", action="delete"),
    )
    info = run_info(ENTITY, dry_run=True)
    given = {name: getattr(info, name) for name in info.__struct_fields__}
    run = DryRun(**(given | {"foreseen": records, "counts": info.counts}))

    rows = foreseen_rows(SyncReport(runs=(run,)), {})
    texts = [[column.text(row) for column in foreseen_columns()][:3] for row in rows]

    assert texts == [
        ["Delete", "4", "gone in Zoho"],
        ["Update", "Charger", "differs: rate, tax name"],
        ["Skip", "3", "date is not a date"],
        ["Skip", "1", "the same already"],
    ]
    assert unlisted(SyncReport(runs=(run,))) <= 0
