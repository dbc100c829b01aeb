"""What a person types into the search is understood, or told what is wrong and where."""

from datetime import UTC, datetime, timedelta

import pytest

from tsh_sync_gui.engine.letters.query import Match, Term
from tsh_sync_gui.engine.letters.search import SearchError, parse, quoted
from tsh_sync_gui.engine.letters.values import LetterGroup, Part
from tsh_sync_gui.entities.registry import REGISTRY

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OPEN = Term(match=Match.STATE, text="open")


def terms(text):
    found = parse(text, now=NOW, me="sara", resolve=lambda name: REGISTRY.get(name).name).terms
    assert found[-1] == OPEN
    return list(found[:-1])


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("tax", Term(match=Match.TEXT, text="tax")),
        ('"two words"', Term(match=Match.TEXT, text="two words")),
        ("“two words”", Term(match=Match.TEXT, text="two words")),
        ("-tax", Term(match=Match.TEXT, text="tax", is_negated=True)),
        ("entity:contacts", Term(match=Match.ENTITY, text="customers", operator="=")),
        ("-entity:items", Term(match=Match.ENTITY, text="products", operator="=", is_negated=True)),
        ('error:"no tax"', Term(match=Match.ERROR, text="no tax")),
        ('cause:="rate: a \\"b\\""', Term(match=Match.CAUSE, text='rate: a "b"', operator="=")),
        ("sku:ABC", Term(match=Match.PAYLOAD, name="sku", text="ABC")),
        ("sku:=ABC", Term(match=Match.PAYLOAD, name="sku", text="ABC", operator="=")),
        ("payload.state:KA", Term(match=Match.PAYLOAD, name="state", text="KA")),
        ("tries>3", Term(match=Match.TRIES, text="3", operator=">")),
        ("tries<" + "9" * 5000, Term(match=Match.TRIES, text=str(2**31 - 1), operator="<")),
        ("tries:3", Term(match=Match.TRIES, text="3", operator="=")),
        ("age>2d", Term(match=Match.BEFORE, moment=NOW - timedelta(days=2))),
        ("age<30min", Term(match=Match.SINCE, moment=NOW - timedelta(minutes=30))),
        ("since:3h", Term(match=Match.SINCE, moment=NOW - timedelta(hours=3))),
        ("before:2026-11-01T00:00Z", Term(match=Match.BEFORE, moment=datetime(2026, 11, 1, tzinfo=UTC))),
        ("is:new", Term(match=Match.NEW)),
        ("is:mine", Term(match=Match.ASSIGNEE, text="sara", operator="=")),
        ("assignee:nobody", Term(match=Match.ASSIGNEE, text="", operator="=")),
        ("part:job", Term(match=Match.PART, text="job", operator="=")),
        ("id:4600", Term(match=Match.ID, text="4600")),
        ("http://x", Term(match=Match.PAYLOAD, name="http", text="//x")),
        ("10:30", Term(match=Match.TEXT, text="10:30")),
    ],
)
def test_a_term_is_understood(text, term):
    assert terms(text) == [term]


def test_terms_stand_side_by_side():
    assert [one.match for one in terms('  entity:customers  error:"tax" Ali ')] == [
        Match.ENTITY,
        Match.ERROR,
        Match.TEXT,
    ]


def test_a_state_or_a_letters_number_takes_the_place_of_open():
    assert parse("state:resolved", now=NOW).terms == (Term(match=Match.STATE, text="resolved"),)
    assert parse("letter:7", now=NOW).terms == (Term(match=Match.LETTER, text="7", operator="="),)


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("tax state:opn", 4, "no state “opn”"),
        ("entity:", 0, "asks for nothing"),
        ('a error:"tax', 2, "asks for nothing"),
        ('a "tax', 2, "not closed"),
        ("enttiy:customers", 0, "no field “enttiy”"),
        ("entity:nothing", 0, "nothing"),
        ("age>soon", 0, "no age"),
        ("since:soon", 0, "no time"),
        ("since:999999w", 0, "no time"),
        ("tries>many", 0, "no number"),
        ("is:old", 0, "Nothing is"),
        ("rate>5", 0, "can't be compared"),
        ("x -", 2, "no word"),
        ("letter:a", 0, "no letter's number"),
    ],
)
def test_what_is_not_understood_is_told_with_its_place(text, position, words):
    with pytest.raises(SearchError) as caught:
        terms(text)

    assert words in caught.value.title
    assert caught.value.position == position
    assert f"At character {position + 1}" in caught.value.advice


def test_a_groups_search_finds_its_cause_and_no_other():
    group = LetterGroup(
        entity="customers",
        cause='rate: “…” is no "number" \\ at all',
        title="",
        field="rate",
        kind="validation",
        part=Part.LIST,
        count=1,
        new=0,
        first_seen_at=NOW,
        last_seen_at=NOW,
        last_day=0,
        day_before=0,
        example="1",
    )

    assert terms(group.search) == [
        Term(match=Match.ENTITY, text="customers", operator="="),
        Term(match=Match.CAUSE, text=group.cause, operator="="),
    ]
    assert quoted('a"b') == '"a\\"b"'
