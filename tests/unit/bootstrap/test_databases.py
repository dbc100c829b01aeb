import pytest

from tsh_sync_gui.bootstrap.databases import merged, public_address
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Origin, load, save


def test_what_this_machine_says_goes_before_what_is_shared(tmp_path):
    save(tmp_path, "batch_size", "50")
    loaded = load(home=tmp_path, environment=False, overrides={"per_day": 70})

    both = merged(loaded, {"per_day": "5000", "batch_size": "100", "concurrency": "9", "unknown": "x"})

    assert (both.settings.per_day, both.settings.batch_size, both.settings.concurrency) == (70, 50, 9)
    assert both.origins["concurrency"] is Origin.SAVED
    assert both.origins["per_day"] is Origin.COMMAND_LINE
    assert both.origins["per_minute"] is Origin.DEFAULT
    assert both.home == tmp_path


def test_a_shared_setting_that_is_out_of_range_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="ZOHO_BATCH_SIZE is “900”"):
        merged(load(home=tmp_path, environment=False), {"batch_size": "900"})


def test_secrets_survive_the_merging(tmp_path):
    loaded = load(home=tmp_path, environment=False, overrides={"client_secret": "geheim"})

    assert merged(loaded, {"per_day": "10"}).settings.client_secret.get_secret_value() == "geheim"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://sara:geheim@db/tsh", "postgresql://sara@db/tsh"),
        ("postgres://sara@db:5433/tsh", "postgresql://sara@db:5433/tsh"),
        ("postgresql+psycopg://db/tsh?password=geheim&sslmode=require", "postgresql://db/tsh?sslmode=require"),
        ("postgresql://sara@db/tsh?sslpassword=geheim", "postgresql://sara@db/tsh"),
    ],
)
def test_the_public_address_is_psqls_and_holds_no_password(tmp_path, url, shown):
    address, note = public_address(load(home=tmp_path, environment=False, overrides={"database_url": url}))

    assert address == shown
    assert "geheim" not in note
    assert bool(note) is ("geheim" in url)
