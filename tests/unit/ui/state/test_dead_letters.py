"""What the inspector of dead letters says and decides, without a window."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.support.fake_letters import ME, NOW, FakeLetters, change, letter_of, work_of
from tsh_sync_gui.core.values import CallKind, Lane
from tsh_sync_gui.engine.letters.search import FIELDS, parse
from tsh_sync_gui.engine.letters.values import (
    Difference,
    EditOutcome,
    LetterFigures,
    LetterForecast,
    LetterState,
    PayloadFault,
    Sides,
    WorkState,
)
from tsh_sync_gui.engine.ports import CallRecord
from tsh_sync_gui.ui.state import dead_letters as state
from tsh_sync_gui.ui.state.dead_letters import Chip, Filter, Marks, Shown
from tsh_sync_gui.ui.state.dead_letters_detail import (
    exchange,
    retry_text,
    side_rows,
    standing_lines,
    why_no_edit,
    why_no_retry,
)
from tsh_sync_gui.ui.state.dead_letters_edit import Draft, edit_problem, fault_words, place_of, verdict, why_not
from tsh_sync_gui.ui.state.dead_letters_payload import payload_tree, value_text
from tsh_sync_gui.ui.state.dead_letters_rows import ORDERS, LetterRow, cause_words, letter_columns, record_words, trend
from tsh_sync_gui.ui.state.dead_letters_work import forecast_words, go_text, outcome, progress_words, share_done


async def group():
    return (await FakeLetters(letters=[letter_of(0), letter_of(4)]).groups())[0]


@pytest.mark.asyncio
async def test_search_chips_state_and_group_become_one_search_that_is_understood():
    wanted = Filter(text=' error:"date" ', shown=Shown.DISCARDED, group=await group()).turned(Chip.OLD, on=True)

    terms = parse(wanted.query, now=NOW, me=ME).terms

    assert wanted.query.startswith('error:"date" age>2d state:discarded entity:')
    assert len(terms) == 5
    assert Filter().query == ""
    assert not state.can_retry(wanted, NOW)
    assert state.can_retry(replace(wanted, shown=Shown.OPEN), NOW)
    assert not state.can_retry(Filter(text="state:resolved"), NOW)


def test_a_search_that_is_wrong_says_what_and_where():
    fault = state.fault_of("entity:invoices age>soon", NOW)

    assert fault is not None
    assert (fault.position, fault.length) == (16, 8)
    assert "soon" in fault.title
    assert "character" not in fault.advice
    assert state.fault_of('sku:ABC error:"tax" age>2d', NOW) is None


def test_terms_are_completed_where_the_cursor_stands_but_not_within_quotes():
    assert [term for term, _ in state.completions("error:x -st", 11)] == ["state:"]
    assert state.completions('error:"a s', 10) == ()
    assert state.completions("", 0) == ()


def test_every_offered_beginning_is_a_field_of_the_language():
    for term, _ in state.field_help():
        assert term.rstrip(":>.") in FIELDS


def test_marks_are_turned_one_by_one_or_are_all_that_match():
    marks = Marks().toggled("1").toggled("2").toggled("1")

    assert marks.which == ("2",)
    assert marks.added(("2", "3")).which == ("2", "3")
    everything = Marks(everything="is:new", total=2314)
    assert (len(everything), everything.which, everything.has("9")) == (2314, "is:new", True)
    but_two = everything.toggled("9").toggled("8")
    assert (len(but_two), but_two.which, but_two.has("9"), but_two.has("7")) == (
        2312,
        "is:new -letter:9 -letter:8",
        False,
        True,
    )
    assert but_two.toggled("9").added(("8",)) == everything


def test_empty_lists_say_why():
    figures = LetterFigures(last_resolved_at=NOW - timedelta(days=3))

    assert state.empty_words(Filter(), figures, NOW)[1] == "Last one was resolved 3 days ago."
    assert state.empty_words(Filter(), None, NOW)[0] == "No failed records"
    assert state.empty_words(Filter(text="x"), figures, NOW)[0] == "Nothing matches"
    assert "snoozed" in state.empty_words(Filter(shown=Shown.SNOOZED), figures, NOW)[1]
    assert state.lead(LetterFigures(waiting=3, new=1, snoozed=2), NOW) == (
        "3 failed records wait · 1 new since you looked · 2 snoozed"
    )
    assert state.chip_word(Chip.MINE, LetterFigures(mine=2)) == "Only mine · 2"


def test_a_letters_state_is_a_word_an_icon_and_a_list():
    asleep = change(letter_of(9), snoozed_until=NOW + timedelta(hours=1))
    gone = change(letter_of(9), state=LetterState.DISCARDED)

    assert state.letter_look(letter_of(0), NOW).word == "New"
    assert state.letter_look(letter_of(9), NOW).word == "Still open"
    assert state.letter_look(asleep, NOW).word.startswith("Snoozed until")
    coming = change(letter_of(0), next_try_at=NOW + timedelta(minutes=9))
    there = f"{(NOW + timedelta(minutes=9)).astimezone(ZoneInfo('Asia/Baghdad')):%H:%M}"
    assert state.letter_look(coming, NOW, "Asia/Baghdad").word.startswith(f"Next try {there}")
    assert standing_lines(coming, NOW, "Asia/Baghdad")[0].endswith(", by itself.")
    assert state.letter_look(change(coming, next_try_at=NOW), NOW).word == "New"
    cells = {one.key: one.text(LetterRow(coming, "")) for one in letter_columns(lambda: NOW, lambda: "Asia/Baghdad")}
    assert cells["last"] == cells["state"] == state.letter_look(coming, NOW, "Asia/Baghdad").word
    assert [state.shown_of(one, NOW) for one in (asleep, gone)] == [Shown.SNOOZED, Shown.DISCARDED]


@pytest.mark.asyncio
async def test_rows_say_cause_record_and_trend():
    columns = {column.key for column in letter_columns(lambda: NOW, lambda: "")}
    many = change(await group(), last_day=5, day_before=2)

    assert set(ORDERS) <= columns
    assert cause_words(change(letter_of(0), reason="“date” is no date")) == "“date” is no date"
    assert cause_words(letter_of(1)) == "is missing (contact_name)"
    assert record_words(change(letter_of(0), label="", record_id="")) == "(no id)"
    assert (trend(many), trend(change(many, last_day=0)), trend(change(many, last_day=2))) == ("↑ 5", "↓ 0", "= 2")


@pytest.mark.asyncio
async def test_what_cannot_be_tried_or_edited_says_why():
    letters = FakeLetters(letters=[letter_of(0)])
    detail = await letters.detail("1")
    locked = change(detail.letter, locked_by="Omar", locked_until=NOW + timedelta(minutes=5))
    discarded = change(
        detail.letter, state=LetterState.DISCARDED, discarded_at=NOW, discarded_by="Omar", discard_reason="Test data"
    )

    assert retry_text(detail) == "Retry · 1 call"
    assert retry_text(change(detail, calls=0)) == "Retry · no call"
    assert why_no_retry(detail, NOW) == why_no_edit(detail, NOW) == ""
    assert why_no_retry(change(detail, letter=locked), NOW) == "Omar is editing it."
    assert "Restore" in why_no_retry(change(detail, letter=discarded), NOW)
    assert standing_lines(discarded, NOW) == ("Discarded by Omar just now: Test data",)


def test_the_payload_is_a_tree_with_what_differs_marked():
    nodes = payload_tree('{"a": 1, "b": {"c": [true, null]}}', [Difference(path="b.c[1]", before="2", after="null")])

    assert [(node.name, node.text, node.is_changed) for node in nodes] == [("a", "1", False), ("b", "{1 field}", True)]
    assert nodes[1].children[0].children[1].before == "2"
    assert payload_tree("no JSON") == ()
    assert len(payload_tree("[" + "0," * 9000 + "0]")) == 5001
    assert value_text(None) == "(missing)"


def test_both_sides_stand_side_by_side_those_that_differ_first():
    rows = side_rows(Sides(zoho_row='{"a": 1, "b": "x"}', ours='{"b": "y", "d": null}'), '{"a": 1, "b": "z"}')

    assert [(row.field, row.differs) for row in rows] == [("b", True), ("a", False), ("d", False)]
    assert (rows[0].zoho, rows[0].refused, rows[0].ours) == ("x", "z", "y")
    assert side_rows(Sides(), "broken") == []


@pytest.mark.asyncio
async def test_the_outcome_is_how_the_letter_stands_now():
    letters = FakeLetters(letters=[letter_of(0)])
    before = await letters.detail("1")
    done = work_of(1, state=WorkState.DONE, done=1, failed=1)
    other = change(before, letter=change(before.letter, reason="is closed", cause="date is closed"))
    value = change(before, letter=change(before.letter, value="2026-13-01"))
    mended = change(before, letter=change(before.letter, state=LetterState.RESOLVED))

    assert outcome(before, mended, done, NOW).title == "The record is stored now"
    assert outcome(before, before, done, NOW).meaning == "Nothing has changed since the last try."
    assert "“2026-13-01”" in outcome(before, value, done, NOW).meaning
    assert outcome(before, other, done, NOW).title == "It failed, for another reason"
    assert outcome(before, before, work_of(1, state=WorkState.DONE, skipped=1), NOW).title == "Nothing was tried"
    waiting = work_of(1, state=WorkState.WAITING, until=NOW + timedelta(minutes=34))
    assert outcome(before, before, waiting, NOW).meaning.startswith("Goes on by itself at")
    assert outcome(before, None, work_of(1, state=WorkState.CANCELLED), NOW).title == "The retry was cancelled"


@pytest.mark.parametrize("one", list(WorkState))
def test_a_retry_tells_how_it_stands(one):
    work = work_of(2314, state=one, done=640, succeeded=600, failed=38, skipped=2)

    assert "640 / 2,314 · 600 succeeded · 38 failed · 2 skipped" in progress_words(work, NOW)
    assert share_done(work) == 640 / 2314
    assert share_done(work_of(0)) is None


def test_a_retry_says_its_price_before():
    cost = LetterForecast(letters=30, calls=10, without_call=20, cannot=2, left_today=4, fits=False, seconds=30)

    words = forecast_words(cost, "00:00")

    assert words[0] == "30 records · about 10 calls · 30 s"
    assert words[2] == "2 cannot be tried again and are skipped."
    assert words[3].startswith("4 calls are left today for such work.")
    careful = forecast_words(change(cost, careful_calls=12), "00:00", is_careful=True)
    assert careful[0] == "30 records · about 12 calls · 30 s"
    assert go_text(change(cost, nights=1)) == "Retry, over 1 night"
    assert forecast_words(change(cost, nights=3), "00:00")[4] == "All of it takes 3 nights."
    assert go_text(change(cost, fits=True)) == "Retry 30 records"


@pytest.mark.parametrize(
    ("fault", "value"),
    [
        (PayloadFault(field="rate", value="", reason="", line=3), "twelve, and a half"),
        (PayloadFault(field="lines[1].quantity", value="", reason=""), "null"),
        (PayloadFault(field="", value="", reason="", line=5), "}"),
    ],
)
def test_the_wrong_value_is_found_in_the_text(fault, value):
    text = '{\n  "name": "شاحن",\n  "rate": "twelve, and a half",\n  "quantity": null,\n}'

    first, last = place_of(text, fault)

    assert text[first:last] == value
    assert place_of(text, PayloadFault(field="sku", value="", reason="")) is None


@pytest.mark.asyncio
async def test_what_was_sent_is_the_try_s_own_or_that_of_its_run():
    call = CallRecord(
        run="run-1", entity="products", lane=Lane.PERSON, kind=CallKind.DETAIL, method="GET", path="/items/1",
        status=500, code=None, milliseconds=7, size=0, sent_at=NOW,
    )  # fmt: skip
    attempt = (await FakeLetters(letters=[letter_of(0)]).detail("1")).attempts[0]
    bare = replace(attempt, request="its record", answer="", run_id="run-1")

    assert exchange(bare, (call,)) == ("GET /items/1", "HTTP 500")
    assert exchange(attempt, (call,)) == (attempt.request, attempt.answer)
    assert exchange(None, (call,)) == ("GET /items/1", "HTTP 500")
    assert exchange(None) == ("", "")


def test_an_edit_leaves_once_and_only_when_it_is_good():
    draft = Draft(original="{}", text="{}").looked_at("{}", (), ())
    assert why_not(draft) == "Nothing was changed yet."

    typed = draft.typed('{"a"')
    assert why_not(typed) == "Being checked…"
    bad = typed.looked_at(typed.text, (PayloadFault(field="", value="", reason="is cut off", line=1),), ())
    assert why_not(bad) == "1 thing must be mended first."
    assert (verdict(bad), fault_words(bad.faults[0])) == (("1 thing wrong", "red"), "Line 1: is cut off")

    good = bad.typed("[]").looked_at("[]", (), (Difference(path="a", before="1", after="2"),))
    assert why_not(good) == ""
    assert verdict(good) == ("Good · 1 value changed", "green")
    assert why_not(good.begun()) == "It is being tried."
    assert why_not(good.begun().ended()) == "This text was tried already. Change it first."
    assert why_not(good.begun().not_sent()) == ""
    assert good.is_changed
    assert not good.begun().ended().is_changed


def test_an_edits_outcome_tells_what_is_still_wrong():
    fault = PayloadFault(field="date", value="x", reason="is not a date")

    assert edit_problem(EditOutcome(is_mended=True, letter=letter_of(0))).tone == "green"
    told = edit_problem(EditOutcome(is_mended=False, letter=letter_of(0), advice="Correct it.", faults=(fault,)))
    assert told.meaning == "Correct it.\ndate: is not a date · x"
