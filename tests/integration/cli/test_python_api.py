import asyncio

import pytest

from tests.integration.cli.conftest import SIZES
from tsh_sync_gui import connect
from tsh_sync_gui.entities.registry import REGISTRY


@pytest.fixture
def connection(settings, home, database_url, monkeypatch):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TSH_DATABASE_URL", database_url())
    return connect(home=home)


def _run(coroutine):
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(coroutine)


def test_a_sync_is_three_lines_of_python(connection):
    async def program():
        async with connection as sync:
            return await sync.products(full=True, details="none")

    result = _run(program())

    assert result.total_synced == SIZES["items"]
    assert result.exit_code == 0


def test_every_entity_is_a_method_by_each_of_its_names(connection):
    assert {entity.name for entity in REGISTRY} <= set(dir(connection))
    for entity in REGISTRY:
        assert getattr(connection, entity.name).__name__ == entity.name
        assert getattr(connection, entity.route)
    with pytest.raises(AttributeError, match="there is no entity 'produce'"):
        _ = connection.produce


def test_outside_of_the_context_it_says_so(connection):
    with pytest.raises(RuntimeError, match="async with"):
        _run(connection.products())
