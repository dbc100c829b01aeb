"""Simulated organizations to hold against the facts: one with locations, one that still has warehouses."""

from collections.abc import Iterator

import pytest

from tests.contract.answers import Answers
from tests.support.simulator import SMALL, SimulatedZoho, make_simulator
from tsh_sync_gui.simulator import Simulator, SimulatorConfig

__all__ = ["make_simulator"]

SIZES = {**SMALL, "items": 120, "customers": 30, "orders": 60, "invoices": 60, "payments": 40}


@pytest.fixture(scope="session")
def answers() -> Iterator[Answers]:
    """What the simulator answers, of organizations with locations and with warehouses."""
    with (
        Simulator(SimulatorConfig(**SIZES)) as new,
        Simulator(SimulatorConfig(**SIZES, warehouses=True)) as old,
        SimulatedZoho(new) as first,
        SimulatedZoho(old) as second,
    ):
        yield Answers(first, second)
