"""Fixtures of the wiring's tests: those of the engine's."""

from tests.integration.engine.conftest import fresh_url, make_simulator, open_world, simulator, zoho

__all__ = ["fresh_url", "make_simulator", "open_world", "simulator", "zoho"]
