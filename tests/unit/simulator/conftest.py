"""A running simulator for the tests of this folder."""

from tests.support.simulator import make_simulator, simulator, zoho

__all__ = ["make_simulator", "simulator", "zoho"]
