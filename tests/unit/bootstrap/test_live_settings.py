import asyncio

import pytest

from tsh_sync_gui.bootstrap.live_settings import LiveSettings
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Origin, load


class Shared:
    """Shared settings in memory."""

    def __init__(self):
        self.values = {}

    async def get_shared(self):
        return self.values

    async def set_shared(self, name, value, by):
        assert by
        self.values = {key: kept for key, kept in (self.values | {name: value}).items() if kept is not None}


@pytest.fixture
def live(tmp_path):
    return LiveSettings(load(home=tmp_path, environment=False, overrides={"concurrency": 3}), Shared())


def test_a_shared_setting_applies_at_once_and_is_told(live):
    heard = []
    live.on_change(lambda settings: heard.append(settings.per_day))

    asyncio.run(live.save("ZOHO_DAILY_LIMIT", "5000"))
    asyncio.run(live.save("per_day", None))

    assert heard == [5000, 1000]
    assert live.loaded.origins["per_day"] is Origin.DEFAULT


def test_a_machine_setting_is_kept_in_the_home(live, tmp_path):
    asyncio.run(live.save("theme", "dark"))

    assert live.now.theme == "dark"
    assert live.now.concurrency == 3
    assert load(home=tmp_path, environment=False).settings.theme == "dark"


def test_a_bad_value_changes_nothing(live):
    with pytest.raises(ConfigurationError, match="ZOHO_DAILY_LIMIT"):
        asyncio.run(live.save("per_day", "many"))

    assert live.now.per_day == 1000


def test_what_the_command_line_says_stays(live):
    asyncio.run(live.save("concurrency", "9"))

    assert live.now.concurrency == 3
