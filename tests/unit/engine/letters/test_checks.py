"""Whatever a person types for a record is taken, or told what is wrong with it; nothing raises."""

from datetime import UTC, datetime

import pytest

from tests.support.letter_samples import letter_of
from tsh_sync_gui.engine.letters.checks import faults_of, job_faults
from tsh_sync_gui.engine.letters.values import Part
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.entities.registry import REGISTRY

NOW = datetime(2026, 11, 22, tzinfo=UTC)
VALUES = [
    "NaN",
    "-Infinity",
    "1" * 5000,
    "1e999999999",
    '"\\ud800"',
    '"\ud800"',
    "[" * 100_000,
    "[" * 5000 + "]" * 5000,
    "01",
    '"\t"',
    "1.",
    "",
]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_what_cannot_be_read_is_a_fault_and_no_traceback(value):
    text = f'{{"item_id": "1",\n "name": "Lamp",\n "rate": {value}}}'

    as_record = faults_of(
        letter_of(1, record_id="1", part=Part.LIST), text, Normalizer(REGISTRY.get("products")), now=NOW
    )

    assert as_record
    assert as_record[0].reason
    job_faults(text)


def test_a_number_beyond_reason_is_told_by_its_length():
    assert job_faults(f'{{"a": {"1" * 5000}}}')[0].reason == "This is no JSON: a number has 5,000 digits"
