import json
import subprocess
import sys

import pytest

from tsh_sync_gui.cli.app import main
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    ConfirmationRequiredError,
    QuotaExhaustedError,
    SchemaMismatchError,
    UnreachableError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("ZOHO_DAILY_LIMIT is “x”", advice="Allowed: 0 to 100,000,000."), 2),
        (AuthorisationError("Zoho no longer accepts our sign-in"), 4),
        (ConfirmationRequiredError("212 products are gone in Zoho"), 4),
        (QuotaExhaustedError("Daily quota used up", resets_at=None), 5),
        (UnreachableError("Database not reachable", what="database"), 1),
        (SchemaMismatchError("The database is newer than this program"), 1),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_an_error_ends_with_the_exit_code_that_says_what_to_do(tsh_sync, service, error, code):
    service.error = error

    ended = tsh_sync("sync")

    assert ended.code == code
    assert error.title in ended.err
    assert error.advice in ended.err
    assert ended.out == ""


def test_with_json_an_error_is_a_document_too(tsh_sync, service):
    service.error = AuthorisationError("Zoho no longer accepts our sign-in", advice="Sign in again.")

    ended = tsh_sync("sync", "--json")

    assert ended.document == {
        "error": {
            "kind": "authorisation",
            "title": "Zoho no longer accepts our sign-in",
            "advice": "Sign in again.",
        }
    }
    assert "Sign in again." in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("sync", "--no-such-option"),
        ("no-such-command",),
        ("sync", "--days", "many"),
        ("sync", "--days", "0"),
        ("runs", "show"),
        ("sync", "no_such_entity"),
        ("sync", "products", "--details", "some"),
        ("sync", "--since", "yesterday"),
        ("sync", "--since", "2999-01-01"),
        ("sync", "--days", "3", "--since", "2026-01-01"),
        ("sync", "--id", "460000"),
        ("sync", "products", "--id", ""),
        ("sync", "products", "--id", "x; drop table"),
        ("sync", "products", "--full", "--days", "3"),
        ("config", "get", "NO_SUCH_SETTING"),
        ("config", "set", "ZOHO_CLIENT_SECRET", "x"),
        ("config", "set", "TSH_THEME", "pink"),
        ("config", "set", "TSH_THEME"),
        ("db", "restore", "no-such-file"),
        ("demo", "--items", "0"),
        ("simulate", "--faults", "no-such-file"),
    ],
    ids=" ".join,
)
def test_wrong_use_ends_with_2_and_says_so_in_both_forms(tsh_sync, service, arguments):
    for_a_person = tsh_sync(*arguments)
    for_a_program = tsh_sync(*arguments, "--json")

    assert for_a_person.code == for_a_program.code == 2
    assert for_a_person.err
    assert for_a_program.document["error"]["title"]
    assert not [asked for asked in service.asked if asked[0] == "sync"]


def test_what_nobody_expected_is_told_without_a_trace_on_the_screen(tsh_sync, service):
    service.costs = None
    service.error = ZeroDivisionError("x")

    ended = tsh_sync("sync", "--json")

    assert ended.code == 1
    assert ended.document["error"]["kind"] == "unexpected"
    assert "Traceback" not in ended.err


def test_the_version_is_printed(tsh_sync):
    ended = tsh_sync("--version")

    assert ended.code == 0
    assert ended.out.startswith("tsh-sync ")


def test_every_command_explains_itself(tsh_sync):
    for command in ("demo", "sync", "status", "stats", "runs", "quota", "simulate", "db", "config", "doctor"):
        ended = tsh_sync(command, "--help")

        assert ended.code == 0
        assert command in ended.out


def test_help_loads_neither_database_nor_network_nor_settings():
    program = (
        "import sys; from tsh_sync_gui.cli.app import main; main(['--help']); "
        "print(*{name.split('.')[0] for name in sys.modules}, file=sys.stderr)"
    )

    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not {"sqlalchemy", "psycopg", "httpx", "pydantic", "uvicorn", "PySide6"} & set(ran.stderr.split())


def test_a_reader_that_leaves_early_is_no_failure(tmp_path):
    command = f'"{sys.executable}" -m tsh_sync_gui config show | head -n 1'
    environment = {"TSH_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(filter(None, sys.path))}

    ran = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)

    assert ran.returncode == 0
    assert "Traceback" not in ran.stderr


def test_the_document_is_the_only_thing_on_stdout(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("TSH_HOME", str(tmp_path))

    code = main(["config", "path", "--json"])

    assert code == 0
    assert json.loads(capsys.readouterr().out)["home"] == str(tmp_path)
