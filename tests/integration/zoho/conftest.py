"""The client against the running simulator, on a clock that does not wait; one simulator for a module's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.simulator import SMALL, SimulatedZoho, make_simulator
from tsh_sync_gui.simulator import Simulator, SimulatorConfig

__all__ = ["make_simulator", "simulator", "zoho"]


@pytest.fixture(scope="module")
def _served() -> Iterator[Simulator]:
    with Simulator(SimulatorConfig(**SMALL)) as running:
        yield running


@pytest.fixture
def simulator(_served: Simulator) -> Simulator:
    """Return a simulator without faults, its counters at 0."""
    _served.simulation.reset()
    _served.simulation.faults.set([])
    return _served


@pytest.fixture
def zoho(simulator: Simulator) -> Iterator[SimulatedZoho]:
    """Return a signed-in client of the simulator's own."""
    with SimulatedZoho(simulator) as client:
        yield client
