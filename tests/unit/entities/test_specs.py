"""What the specs say agrees with the rest of the program."""

import pytest

from tsh_sync_gui.core.settings import DECLARED
from tsh_sync_gui.entities.registry import REGISTRY


@pytest.mark.parametrize("entity", REGISTRY.all, ids=lambda entity: entity.name)
def test_the_setting_of_an_interval_is_a_declared_one(entity):
    name = entity.pull.interval_setting

    assert not name or name in {one.field for one in DECLARED}
