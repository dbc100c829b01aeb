"""`tsh-sync auth` as a person without a window uses it: pipes for what is typed, a simulated Zoho.

What waits for a browser or a keyboard, or does not know the passphrase, runs in a process of its own; the rest in this
one, which saves its start.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.integration.cli.conftest import Program
from tests.support.setups import CLIENT_ID, CLIENT_SECRET, PASSPHRASE, control, facts, secrets_of, with_vault
from tests.support.simulator import make_simulator, simulator
from tests.support.stores import with_tables
from tsh_sync_gui.simulator import ORGANIZATION_ID

__all__ = ["make_simulator", "simulator"]


@pytest.fixture
def vaulted(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return with_vault(home)


class Shell:
    """Runs commands of one home; Zoho and the database are named by the environment, secrets are not."""

    def __init__(self, home: Path, simulator, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZOHO_", "TSH_", "TDS_"))}
        self.folder = home.parent
        self.environment = kept | {
            "TSH_HOME": str(home),
            "TSH_SECRET_KEY": PASSPHRASE,
            "TSH_DATABASE_URL": url,
            "ZOHO_ACCOUNTS_URL": simulator.url,
            "ZOHO_API_BASE_URL": simulator.url,
            "ZOHO_RATE_LIMIT_PER_MINUTE": "6000",
        }
        self._capsys = capsys

    def start(self, *arguments: str, stdin: int = subprocess.PIPE, **changes: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tsh_sync_gui", *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.folder,
            env=self.environment | {"PYTHONPATH": str(Path(__file__).parents[3])} | changes,
        )

    def alone(self, *arguments: str, typed: str = "", **changes: str) -> tuple[int, str, str]:
        """Run a command to its end in a process of its own."""
        process = self.start(*arguments, **changes)
        out, err = process.communicate(typed, timeout=60)
        return process.returncode, out, err

    def run(self, *arguments: str, typed: str = "", **changes: str) -> tuple[int, str, str]:
        """Run a command to its end in this process."""
        ended = Program(self.environment, self._capsys)(*arguments, typed=typed, **changes)
        return ended.code, ended.out, ended.err


@pytest.fixture
def shell(vaulted, simulator, database_url, capsys):
    return Shell(vaulted, simulator, database_url(with_tables), capsys)


def address_of(process):
    """Read what the command says until it prints the address to open."""
    return next(line.strip() for line in process.stderr if "/oauth/v2/auth?" in line)


def test_a_pasted_address_signs_in_and_the_only_organization_is_chosen(shell, simulator, vaulted):
    control(simulator, "consent", {"auto": "accept"})
    process = shell.start("auth", "login", "--client-id", CLIENT_ID, "--data-centre", "us", "--json")
    process.stdin.write(f"{CLIENT_SECRET}\n")
    process.stdin.flush()
    landed = httpx.get(address_of(process)).headers["location"]

    out, err = process.communicate(f"{landed}\n", timeout=60)
    answer = json.loads(out)
    code, told, _ = shell.run("auth", "status", "--json")

    assert process.returncode == 0, err
    assert answer["organization"] == {"id": ORGANIZATION_ID, "name": "TSH Trading"}
    assert set(secrets_of(vaulted)) == {"client_id", "client_secret", "refresh_token"}
    assert CLIENT_SECRET not in f"{out}{err}{told}"
    assert (code, json.loads(told)["state"], json.loads(told)["sign_ins"]) == (0, "ok", 1)


def test_a_browser_on_this_computer_finishes_the_command(shell, simulator):
    control(simulator, "consent", {"auto": "accept"})
    process = shell.start("auth", "login", "--client-id", CLIENT_ID, "--data-centre", "us")
    process.stdin.write(f"{CLIENT_SECRET}\n")
    process.stdin.flush()

    page = httpx.get(address_of(process), follow_redirects=True)
    process.wait(timeout=60)  # its standard input stays open: nobody types anything

    assert "You can close this page" in page.text
    assert process.returncode == 0
    assert "TSH Trading (748369814)" in process.stdout.read()
    process.communicate()


def test_what_is_typed_after_the_browser_has_come_back_is_heard_at_once(vaulted, make_simulator, database_url, capsys):
    pty = pytest.importorskip("pty")
    simulator = make_simulator(organizations=3)
    shell = Shell(vaulted, simulator, database_url(with_tables), capsys)
    control(simulator, "consent", {"auto": "accept"})
    first = shell.start("auth", "login", "--client-id", CLIENT_ID, "--data-centre", "us")
    first.stdin.write(f"{CLIENT_SECRET}\n")
    first.stdin.flush()
    httpx.get(address_of(first), follow_redirects=True)
    first.communicate(timeout=60)
    keyboard, terminal = pty.openpty()

    process = shell.start("auth", "login", stdin=terminal)
    httpx.get(address_of(process), follow_redirects=True)
    listed = [next(process.stderr) for _ in range(3 + 1)]
    os.write(keyboard, f"{ORGANIZATION_ID}\n".encode())
    out, err = process.communicate(timeout=60)
    for end in (keyboard, terminal):
        os.close(end)

    assert first.returncode == 4
    assert any(line.startswith(ORGANIZATION_ID) for line in listed)
    assert process.returncode == 0, err
    assert f"TSH Trading ({ORGANIZATION_ID})" in out


def test_a_self_client_code_is_piped_in(shell, simulator):
    scope = "ZohoBooks.settings.READ,ZohoInventory.items.READ"
    code = control(simulator, "self_client", {"scope": scope})["code"]

    returned, out, err = shell.alone(
        "auth",
        "login",
        "--client-id",
        CLIENT_ID,
        "--client-type",
        "self",
        "--data-centre",
        "find",
        "--json",
        typed=f"{CLIENT_SECRET}\n{code}\n",
    )
    again, _, words = shell.run("auth", "login", "--code", typed=f"{code}\n")

    assert returned == 0, err
    assert json.loads(out)["scopes"] == scope.split(",")
    assert again == 4
    assert "That code is no longer valid" in words


def test_rubbish_that_is_piped_in_is_told_at_once(shell):
    returned, out, err = shell.run(
        "auth", "login", "--client-id", CLIENT_ID, "--data-centre", "us", "--json", typed=f"{CLIENT_SECRET}\nhello\n"
    )

    assert returned == 2
    assert json.loads(out)["error"]["title"] == "That is not the address of a finished sign-in"
    assert err


def test_the_sign_in_of_another_user_is_not_said_to_see_the_organization(shell, simulator, vaulted):
    own = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ"})["code"]
    options = ("--client-id", CLIENT_ID, "--client-type", "self", "--data-centre", "us")
    first, _, _ = shell.run("auth", "login", *options, typed=f"{CLIENT_SECRET}\n{own}\n")
    foreign = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ", "user": 1})["code"]

    second, out, err = shell.run("auth", "login", "--code", "--json", typed=f"{foreign}\n")
    status, _, _ = shell.run("auth", "status")

    assert (first, second, status) == (0, 4, 0)
    assert json.loads(out)["error"]["title"] == (
        f"The new sign-in does not see organization TSH Trading ({ORGANIZATION_ID})"
    )
    assert "It sees: Elsewhere GmbH" in err


def test_a_sign_in_that_may_not_read_organizations_keeps_the_one_there_is(shell, simulator):
    code = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ"})["code"]
    options = ("--client-id", CLIENT_ID, "--client-type", "self", "--data-centre", "us")
    shell.run("auth", "login", *options, typed=f"{CLIENT_SECRET}\n{code}\n")
    poor = control(simulator, "self_client", {"scope": "ZohoBooks.invoices.READ"})["code"]

    returned, _, err = shell.run("auth", "login", "--code", typed=f"{poor}\n")

    assert returned == 0
    assert f"Whether the sign-in sees organization {ORGANIZATION_ID} is not known" in err


def test_where_no_secret_can_be_kept_none_is_asked_for(shell, vaulted):
    (vaulted / "vault.tsh").unlink()

    returned, out, err = shell.run("auth", "login", "--client-id", CLIENT_ID, "--data-centre", "us", "--json")

    assert returned == 2
    assert "encrypted file for secrets is not made yet" in json.loads(out)["error"]["title"]
    assert "Client secret" not in err


def test_a_rotation_leaves_one_sign_in_and_revoking_none(shell, simulator, vaulted):
    code = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ"})["code"]
    options = ("--client-id", CLIENT_ID, "--client-type", "self", "--data-centre", "us")
    shell.run("auth", "login", *options, typed=f"{CLIENT_SECRET}\n{code}\n")
    former = secrets_of(vaulted)["refresh_token"]
    code = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ"})["code"]

    rotated, _, err = shell.run("auth", "rotate", typed=f"{code}\n")
    between = (secrets_of(vaulted)["refresh_token"], facts(simulator)["refresh_tokens"])
    unasked, _, words = shell.run("auth", "revoke")
    kept = secrets_of(vaulted)
    revoked, _, _ = shell.run("auth", "revoke", "--yes")
    code_after, out, _ = shell.run("auth", "status")

    assert rotated == 0, err
    assert (unasked, "--yes" in words, "refresh_token" in kept) == (4, True, True)
    assert between[0] != former
    assert between[1] == 1
    assert (revoked, facts(simulator)["refresh_tokens"]) == (0, 0)
    assert (code_after, out.strip()) == (4, "Not signed in yet.")


def test_an_env_file_with_bad_lines_is_not_taken_over_by_halves(shell, vaulted):
    file = vaulted.parent / "old.env"
    file.write_text(f"ZOHO_CLIENT_ID={CLIENT_ID}\nZOHO_DAILY_LIMTI=5\nnonsense\nZOHO_BATCH_SIZE=900\n")

    code, out, err = shell.run("auth", "import-env", str(file))

    assert code == 2
    assert out == ""
    assert "Line 2: ZOHO_DAILY_LIMTI is not a variable of this program; ZOHO_DAILY_LIMIT is meant?" in err
    assert "Line 3: " in err
    assert "Line 4: ZOHO_BATCH_SIZE" in err
    assert secrets_of(vaulted) == {}

    partly, out, _ = shell.run("auth", "import-env", str(file), "--good-only")

    assert (partly, secrets_of(vaulted)) == (3, {"client_id": CLIENT_ID})
    assert "Taken over" in out


def test_how_a_sign_in_stands_is_told_apart_by_the_exit_code(shell, simulator, vaulted):
    code = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ"})["code"]
    options = ("--client-id", CLIENT_ID, "--client-type", "self", "--data-centre", "us")
    shell.run("auth", "login", *options, typed=f"{CLIENT_SECRET}\n{code}\n")
    control(simulator, "expire_tokens")
    with psycopg.connect(shell.environment["TSH_DATABASE_URL"].replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("UPDATE sync.access_tokens SET expires_at = now() - interval '1 minute'")

    nowhere = {"ZOHO_ACCOUNTS_URL": "http://127.0.0.1:9", "ZOHO_API_BASE_URL": "http://127.0.0.1:9"}
    unreachable, told, _ = shell.run("auth", "status", "--json", **nowhere)
    closed, words, _ = shell.alone("auth", "status", TSH_SECRET_KEY="")
    wrong, _, _ = shell.alone("auth", "status", TSH_SECRET_KEY="another passphrase")
    good, _, _ = shell.run("auth", "status")

    assert (unreachable, closed, wrong, good) == (1, 4, 4, 0)
    assert "cannot be reached" in json.loads(told)["problem"]
    assert words.startswith("The secrets are in an encrypted file, which is closed. Enter its passphrase")


def test_a_good_env_file_is_taken_over_and_serves_at_once(shell, simulator, vaulted):
    code = control(simulator, "self_client", {"scope": "ZohoBooks.fullaccess.all,ZohoInventory.fullaccess.all"})["code"]
    options = ("--client-id", CLIENT_ID, "--client-type", "self", "--data-centre", "us")
    shell.run("auth", "login", *options, typed=f"{CLIENT_SECRET}\n{code}\n")
    token = secrets_of(vaulted)["refresh_token"]
    other = with_vault(vaulted.parent / "other")
    shell.environment |= {"TSH_HOME": str(other)}
    file = vaulted.parent / "good.env"
    file.write_text(
        f"ZOHO_CLIENT_ID={CLIENT_ID}\nZOHO_CLIENT_SECRET={CLIENT_SECRET}\nZOHO_REFRESH_TOKEN={token}\n"
        f"ZOHO_ORGANIZATION_ID={ORGANIZATION_ID}\nZOHO_DAILY_LIMIT=2000\n"
    )

    imported, out, err = shell.run("auth", "import-env", str(file), "--json")
    status, told, _ = shell.run("auth", "status", "--json")
    _, limit, _ = shell.run("config", "get", "ZOHO_DAILY_LIMIT")

    assert imported == 0, err
    assert json.loads(out)["taken_over"] is True
    assert token not in f"{out}{err}{told}"
    assert (status, json.loads(told)["state"]) == (0, "ok")
    assert limit.strip() == "2000"
