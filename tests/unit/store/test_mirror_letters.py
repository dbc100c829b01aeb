"""Dead letters are recognised and grouped."""

from tsh_sync_gui.engine.ports import Rejected
from tsh_sync_gui.store.mirror_letters import cause_of, record_key


def rejected(**changes):
    values = {"record_id": "7", "field": "rate", "value": "x", "reason": "r", "payload": b"{}"} | changes
    return Rejected(**values)


def test_letters_of_one_fault_share_a_cause_whatever_the_record():
    first = rejected(reason="Zoho sent a value we cannot read: “ten” is no number (position 3)")
    second = rejected(record_id="8", reason="Zoho sent a value we cannot read: “elf” is no number (position 14)")

    assert cause_of(first) == cause_of(second)
    assert cause_of(first) != cause_of(rejected(reason="too long"))


def test_a_record_without_an_id_is_known_by_its_text():
    assert record_key(rejected()) == "7"
    assert record_key(rejected(record_id="")).startswith("#")
    assert record_key(rejected(record_id="")) != record_key(rejected(record_id="", payload=b"[]"))
