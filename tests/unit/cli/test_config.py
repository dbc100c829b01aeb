import pytest

from tsh_sync_gui.core.settings import DECLARED


def test_every_setting_is_shown_with_its_source(tsh_sync):
    document = tsh_sync("config", "show", "--json").document
    table = tsh_sync("config", "show").out

    assert [one["variable"] for one in document["settings"]] == [one.variable for one in DECLARED]
    assert {one["from"] for one in document["settings"]} == {"default"}
    assert all(one.variable in table for one in DECLARED)


@pytest.mark.parametrize("name", ["TSH_THEME", "theme", "tsh_theme"])
def test_a_machine_setting_is_saved_and_read_again(tsh_sync, tmp_path, name):
    set_ = tsh_sync("config", "set", name, "dark")
    got = tsh_sync("config", "get", name)

    assert set_.code == got.code == 0
    assert got.out == "dark\n"
    assert "dark" in (tmp_path / "settings.toml").read_text(encoding="utf-8")


def test_a_setting_goes_back_to_its_default(tsh_sync):
    tsh_sync("config", "set", "TSH_THEME", "dark")
    tsh_sync("config", "set", "TSH_THEME", "--default")

    assert tsh_sync("config", "get", "TSH_THEME").out == "system\n"


def test_a_password_in_the_database_address_is_never_printed(tsh_sync):
    tsh_sync("config", "set", "TSH_DATABASE_URL", "postgresql://sara:geheim@db.example/tsh")

    shown = tsh_sync("config", "get", "TSH_DATABASE_URL")
    listed = tsh_sync("config", "get", "TSH_DATABASE_URL", "--json")

    assert "geheim" not in shown.out + shown.err + listed.out + listed.err


def test_the_folder_is_printed(tsh_sync, tmp_path):
    assert tsh_sync("config", "path").out.strip() == str(tmp_path)
