"""Secrets on the command line: asked for or piped in, kept in the vault, moved and exported sealed."""

import io
import tomllib

import pytest

from tests.unit.cli.conftest import Ended
from tsh_sync_gui.bootstrap import secrets
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.cli.app import main
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.passphrases import opened
from tsh_sync_gui.core import log
from tsh_sync_gui.core.settings import DECLARED

TOKEN = "1000.0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef"
PHRASE = "correct horse battery"


@pytest.fixture
def command(tmp_path, capsys, monkeypatch):
    """Run a command on a home without environment; *typed* is what is piped in."""
    for one in DECLARED:
        monkeypatch.delenv(one.variable, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TSH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("TSH_SECRET_KEY", raising=False)
    monkeypatch.setattr(secrets, "_PASSPHRASES", {})
    monkeypatch.setattr(log, "_CONCEALED", set())
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")

    def run(*arguments, typed="", key="", home="home"):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        monkeypatch.setattr(secrets, "_PASSPHRASES", {})
        monkeypatch.setenv("TSH_SECRET_KEY", key)
        monkeypatch.setenv("TSH_HOME", str(tmp_path / home))
        code = main(arguments, doors=Doors(load=lambda: opened(gather(home=tmp_path / home))))
        told = capsys.readouterr()
        return Ended(code, told.out, told.err)

    return run


def test_without_a_keychain_a_secret_is_refused_in_words(command):
    ended = command("config", "set", "ZOHO_CLIENT_SECRET", typed="marked-secret-1\n")

    assert ended.code == 2
    assert "no keychain" in ended.err
    assert "tsh-sync config vault file" in ended.err


def test_a_secret_goes_into_the_file_and_is_shown_as_dots(command, tmp_path):
    made = command("config", "vault", "file", typed=f"{PHRASE}\n")
    kept = command("config", "set", "ZOHO_REFRESH_TOKEN", typed=f"{TOKEN}\n", key=PHRASE)
    shown = command("config", "get", "ZOHO_REFRESH_TOKEN", key=PHRASE)

    assert (made.code, kept.code) == (0, 0)
    assert kept.out == "ZOHO_REFRESH_TOKEN is ••••cdef now, in an encrypted file in the program's folder.\n"
    assert shown.out == "••••cdef\n"
    files = [path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert not any(TOKEN.encode() in content for content in files)


@pytest.mark.parametrize(
    ("name", "value"),
    [("ZOHO_CLIENT_SECRET", "marked-secret-1"), ("TSH_DATABASE_URL", "postgresql://sara:marked-secret-1@db/tsh")],
)
def test_a_secret_in_the_arguments_is_refused(command, name, value):
    ended = command("config", "set", name, value)

    assert ended.code == 2
    assert "others can read the command line" in ended.err
    assert "marked" not in ended.out + ended.err


def test_an_address_without_a_password_is_kept_where_there_is_no_vault(command, tmp_path):
    ended = command("config", "set", "TSH_DATABASE_URL", "postgresql://sara@db/tsh")

    assert ended.code == 0
    assert tomllib.loads((tmp_path / "home" / "settings.toml").read_text()) == {
        "database_url": "postgresql://sara@db/tsh"
    }


def test_a_closed_file_is_told_and_the_rest_goes_on(command):
    command("config", "vault", "file", typed=f"{PHRASE}\n")

    vault = command("config", "vault", "--json")
    wrong = command("config", "vault", key="another horse")
    path = command("config", "path")

    assert vault.document["vault"] == "file"
    assert "closed" in vault.document["problem"]
    assert wrong.err.count("does not open") == 1
    assert path.code == 0


def test_a_second_file_is_refused(command):
    command("config", "vault", "file", typed=f"{PHRASE}\n")

    ended = command("config", "vault", "file", typed="another phrase\n", key=PHRASE)

    assert ended.code == 2
    assert "already" in ended.err


def test_settings_go_to_another_home_with_their_secrets_sealed(command, tmp_path):
    command("config", "vault", "file", typed=f"{PHRASE}\n")
    command("config", "set", "ZOHO_REFRESH_TOKEN", typed=f"{TOKEN}\n", key=PHRASE)
    command("config", "set", "TSH_THEME", "dark")
    file = str(tmp_path / "out.toml")

    exported = command("config", "export", file, "--with-secrets", typed="export phrase\n", key=PHRASE)
    content = (tmp_path / "out.toml").read_text()
    command("config", "vault", "file", typed=f"{PHRASE}\n", home="other")
    wrong = command("config", "import", file, "--with-secrets", typed="wrong phrase\n", key=PHRASE, home="other")
    taken = command("config", "import", file, "--with-secrets", typed="export phrase\n", key=PHRASE, home="other")

    assert (exported.code, wrong.code, taken.code) == (0, 2, 0)
    assert TOKEN not in content
    assert command("config", "get", "TSH_THEME", home="other").out == "dark\n"
    assert command("config", "get", "ZOHO_REFRESH_TOKEN", home="other", key=PHRASE).out == "••••cdef\n"


def test_an_export_holds_no_secrets_unless_asked(command, tmp_path):
    command("config", "vault", "file", typed=f"{PHRASE}\n")
    command("config", "set", "ZOHO_REFRESH_TOKEN", typed=f"{TOKEN}\n", key=PHRASE)

    command("config", "set", "TSH_THEME", "dark")

    command("config", "export", str(tmp_path / "out.toml"), key=PHRASE)

    assert tomllib.loads((tmp_path / "out.toml").read_text()) == {
        "format": "tsh-sync settings 1",
        "settings": {"TSH_THEME": "dark"},
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("ZOHO_DAILY_LIMIT=many", "cannot be read as settings"),
        ("[settings]\nTSH_THEME = 'dark'", "holds no exported settings"),
        ("format = 'tsh-sync settings 1'\n[settings]\nTSH_THEME = 'pink'", "TSH_THEME is “pink”"),
        ("format = 'tsh-sync settings 1'\n[settings]\nTSH_COLOUR = 'pink'", "no setting “TSH_COLOUR”"),
        ("format = 'tsh-sync settings 1'\n[settings]\nZOHO_CLIENT_SECRET = 'x'", "in a form it may not have"),
    ],
)
def test_a_file_that_is_wrong_anywhere_changes_nothing(command, tmp_path, content, words):
    (tmp_path / "in.toml").write_text(content, encoding="utf-8")

    ended = command("config", "import", str(tmp_path / "in.toml"))

    assert ended.code == 2
    assert words in ended.err
    assert not (tmp_path / "home" / "settings.toml").exists()


def test_settings_are_found_by_part_of_a_name(command):
    found = command("config", "search", "webhook", "--json").document["settings"]

    assert [one["variable"] for one in found][:1] == ["ZOHO_WEBHOOK_SECRET"]
    assert command("config", "search", "no such thing").code == 2


def test_a_setting_that_went_back_and_one_that_is_empty_read_right(command):
    command("config", "set", "TSH_THEME", "dark")

    assert command("config", "set", "TSH_THEME", "--default").out == (
        "TSH_THEME is its default again, system, on this machine.\n"
    )
    assert command("config", "set", "ZOHO_IMAGE_CACHE_DIR", "").out == (
        "ZOHO_IMAGE_CACHE_DIR is empty now, on this machine.\n"
    )


def test_where_no_secret_can_be_kept_one_sentence_says_so(command):
    assert command("config", "vault").out.startswith("This computer keeps no secrets: they come from the environment")
