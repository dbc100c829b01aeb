"""Letters group by their cause, are named, and are found by what stands in them."""

import pytest

from tsh_sync_gui.engine.letters.words import cause_of, code_of, label_of, searchable, title_of
from tsh_sync_gui.entities.registry import REGISTRY

CUSTOMERS = REGISTRY.get("customers")


def test_letters_of_one_fault_share_a_cause_whatever_the_record():
    first = cause_of("rate", "Zoho sent a value we cannot read: “ten” is no number (position 3)")

    assert first == cause_of("rate", "Zoho sent a value we cannot read: “elf” is no number (position 14)")
    assert first != cause_of("rate", "too long")
    assert first != cause_of("name", "Zoho sent a value we cannot read: “ten” is no number (position 3)")
    assert cause_of("line_items[3].rate", "“rate” is bad") == cause_of("line_items[17].rate", "“rate” is bad")


@pytest.mark.parametrize(
    ("field", "reason", "title"),
    [
        ("rate", "Zoho sent a value we cannot read: “rate” is not a number", None),
        ("lines[2].rate", "Zoho sent a value we cannot read: “rate” is not a number", None),
        ("name", "Product needs a name", None),
        ("tax", "The value is too long", "The value is too long (tax)"),
        ("date", "“date” is not a day such as 2026-11-22", "“date” is not a day"),
        ("", "The database was away for 7 s", "The database was away for … s"),
    ],
)
def test_a_cause_in_words_names_the_field_once(field, reason, title):
    assert title_of(cause_of(field, reason), field) == (title or reason)


def test_a_record_is_called_by_its_name_as_far_as_its_text_says_it():
    assert label_of(b'{"contact_name": "Ali & Sons", "contact_id": 7}', CUSTOMERS) == "Ali & Sons"
    assert label_of(b'{"contact_name": ["x"]}', CUSTOMERS) == ""
    assert label_of(b"nothing", CUSTOMERS) == ""
    assert label_of(b"{}", None) == ""


def test_the_text_that_is_searched_holds_values_in_small_letters_behind_codes_of_their_names():
    text = searchable(
        b'{"sku": "ABC-1", "rate": 12.50, "lines": [{"x": 1}], "note": "two\\nlines", "flag": true, "none": null}',
        {"id": "7", "error": "Bad Rate"},
    )

    sku, rate, note = map(code_of, ("sku", "RATE", "note"))
    assert text == f"\n@{code_of('id')}=7\n@{code_of('error')}=bad rate\n{sku}=abc-1\n{rate}=12.50\n{note}=two lines\n"
    assert searchable(b"\xff", {"id": "7"}) == f"\n@{code_of('id')}=7\n"
    assert len(searchable(b'{"a": "' + b"x" * 10_000_000 + b'", "b": "y"}', {})) < 400


def test_codes_tell_all_names_of_all_entities_apart():
    names = {key for entity in REGISTRY for field in entity.fields for key in field.keys}

    assert len({code_of(name) for name in names}) == len(names)
    assert all(code_of(name) == code_of(name).upper() for name in names)
