"""Dead letters are recognised."""

from tsh_sync_gui.engine.ports import Rejected
from tsh_sync_gui.store.mirror_letters import record_key


def rejected(**changes):
    values = {"record_id": "7", "field": "rate", "value": "x", "reason": "r", "payload": b"{}"} | changes
    return Rejected(**values)


def test_a_record_without_an_id_is_known_by_its_text():
    assert record_key(rejected()) == "7"
    assert record_key(rejected(record_id="")).startswith("#")
    assert record_key(rejected(record_id="")) != record_key(rejected(record_id="", payload=b"[]"))
