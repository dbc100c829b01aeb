"""No secret of a run with failures can be found afterwards: in no file, process list, dump, export or word."""

import base64
import re
import secrets
import subprocess
import threading
from urllib.parse import quote

import httpx
import psutil
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from tests.integration.cli.conftest import Program
from tsh_sync_gui.bootstrap.secrets import keep_secrets
from tsh_sync_gui.simulator.oauth import OAuth
from tsh_sync_gui.store.embedded import find_binaries
from tsh_sync_gui.vault import FileVault

MARK = secrets.token_hex(6)
PASSPHRASE = f"marked passphrase {MARK}"
KEPT = {
    "client_id": "1000.MARKEDCLIENT",
    "client_secret": f"markedclientsecret{MARK}",
    "refresh_token": f"1000.{MARK}aaaaaaaa.{MARK}bbbbbbbb",
    "refresh_token.previous": f"1000.{MARK}cccccccc.{MARK}dddddddd",
    "webhook_secret": f"markedhook{MARK}",
}
PASSWORD = f"marked p@ss/{MARK}"
WRONG = f"marked-wrong-{MARK}"
PASSING: list[str] = []
"""What was a secret for a moment: authorisation codes and PKCE verifiers, as the accounts server got them."""
TOKEN = re.compile(rb"1000\.[0-9a-f]{12,}\.[0-9a-f]{12,}")
FAULTS = [
    {"path": "*/contacts", "kind": "500", "times": 1},
    {"path": "*/invoices", "kind": "html", "times": 1},
    {"path": "*/customerpayments", "kind": "401", "times": 3},
    {"path": "*/creditnotes", "kind": "truncated", "times": 1},
    {"path": "*/pricebooks", "kind": "cut", "times": 1},
]


def needles() -> list[bytes]:
    """Every secret of this test, as written and in the forms that travel."""
    kept = (secret for name, secret in KEPT.items() if name != "client_id")
    plain = [*kept, PASSPHRASE, PASSWORD, WRONG, *PASSING]
    forms = {form for text in plain for form in (text, quote(text), quote(text, safe=""), quote(text, safe="/@"))}
    return [form.encode() for form in sorted(forms)] + [base64.b64encode(text.encode()) for text in plain]


def found_in(content: bytes) -> list[bytes]:
    return [needle for needle in needles() if needle in content] + TOKEN.findall(content)


class Watched:
    """The command lines of a process and its children, for as long as it runs."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self.lines: set[str] = set()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, args=(psutil.Process(program.pid),))
        self._thread.start()

    def _look(self, process: psutil.Process) -> None:
        while not self._ended.wait(0.01):
            try:
                for one in (process, *process.children(recursive=True)):
                    self.lines.add("\0".join(one.cmdline()))
            except psutil.Error:
                continue

    def end(self) -> set[str]:
        self._ended.set()
        self._thread.join()
        return self.lines


@pytest.fixture
def address(postgres):
    """The test's database for a user with a password of its own, which stands in the address."""
    user = f"marked_{MARK}"
    with psycopg.connect(make_conninfo(postgres.conninfo), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE ROLE {} LOGIN SUPERUSER PASSWORD {}").format(sql.Identifier(user), sql.Literal(PASSWORD))
        )
    place = f"{postgres.host}:{postgres.port}/{postgres.dbname}"
    yield f"postgresql://{user}:{quote(PASSWORD, safe='')}@{place}"
    with psycopg.connect(make_conninfo(postgres.conninfo), autocommit=True) as connection:
        connection.execute(sql.SQL("REASSIGN OWNED BY {} TO CURRENT_USER").format(sql.Identifier(user)))
        connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(user)))
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(user)))


@pytest.fixture
def program(zoho, home, address, capsys, monkeypatch):
    """The command with all its secrets in the file vault, which its environment opens."""
    monkeypatch.setenv("TSH_SECRET_KEY", PASSPHRASE)
    FileVault(home, PASSPHRASE).make()
    keep_secrets(home, KEPT | {"database_url": address})
    return Program(
        {
            "TSH_HOME": str(home),
            "TSH_SECRET_KEY": PASSPHRASE,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
            "ZOHO_ORGANIZATION_ID": "748369814",
            "ZOHO_API_BASE_URL": zoho.url,
            "ZOHO_ACCOUNTS_URL": zoho.url,
            "ZOHO_RATE_LIMIT_PER_MINUTE": "6000",
            "ZOHO_DAILY_LIMIT": "1000000",
            "ZOHO_DEBUG": "true",
            "ZOHO_LOG_API_CALLS": "true",
        },
        capsys,
    )


@pytest.fixture
def passing(monkeypatch):
    """Gather what the browser's way and our own request carry to the accounts server."""
    real = OAuth._redeem

    def redeem(self, form, request):
        PASSING.extend(form[name] for name in ("code", "code_verifier") if form.get(name))
        return real(self, form, request)

    monkeypatch.setattr(OAuth, "_redeem", redeem)
    yield
    PASSING.clear()


def _signed_in(program, zoho):
    """Sign in through a browser; return what the program said and what its command line showed."""
    httpx.post(f"{zoho.url}/__sim/consent", json={"auto": "accept"}).raise_for_status()
    process = program.begin("auth", "login", "--client-type", "desktop")
    watched, told = Watched(process), []
    for line in process.stderr:
        told.append(line)
        if "/oauth/v2/auth?" in line:
            httpx.get(line.strip(), follow_redirects=True).raise_for_status()
    told.append(process.communicate(timeout=60)[0])
    assert process.returncode == 0, told
    return "".join(told), watched.end()


@pytest.mark.usefixtures("passing")
def test_no_secret_is_found_anywhere_after_a_run_with_failures(program, zoho, home, address, tmp_path):
    httpx.post(f"{zoho.url}/__sim/faults", json={"rules": FAULTS}).raise_for_status()
    said: dict[str, str] = {}
    said["login"], lines = _signed_in(program, zoho)
    for command in (("sync", "all", "--details", "none"), ("db", "backup", str(tmp_path / "saved.backup"))):
        process = program.begin(*command)
        watched = Watched(process)
        said[command[0]] = "".join(process.communicate(timeout=100))
        lines |= watched.end()
    for command in (
        ("sync", "credit_notes", "--full", "--force", "--details", "none"),
        ("db", "url"),
        ("doctor", "--json"),
        ("config", "show", "--json"),
        ("runs", "list", "--json"),
        ("config", "export", str(tmp_path / "plain.toml")),
    ):
        ended = program(*command)
        said[" ".join(command[:2])] = ended.out + ended.err
    for name, changes in {
        "bad sign-in": {"ZOHO_REFRESH_TOKEN": WRONG},
        "bad address": {"TSH_DATABASE_URL": f"postgresql://sara:{WRONG}@127.0.0.1:1/x"},
        "bad port": {"TSH_DATABASE_URL": f"postgresql://sara:{WRONG}@127.0.0.1:99999/x"},
        "bad password": {"TSH_DATABASE_URL": address.replace(quote(PASSWORD, safe=""), WRONG)},
        "bad key": {"TSH_SECRET_KEY": WRONG},
    }.items():
        ended = program("sync", "products", "--force", **changes)
        assert ended.code != 0, name
        said[name] = ended.out + ended.err

    code, verifier = PASSING
    assert code.startswith("1000.")
    assert len(verifier) > 60
    assert "Products" in said["sync"]
    assert any("pg_dump" in line for line in lines)
    assert {name: found for name, text in said.items() if (found := found_in(text.encode()))} == {}
    assert [line for line in lines if found_in(line.encode())] == []
    assert _in_files(home) == {}
    assert found_in((tmp_path / "plain.toml").read_bytes()) == []
    assert found_in(_dump(address)) == []


def test_the_search_finds_what_is_there():
    assert found_in(f"x{KEPT['client_secret']}x".encode())
    assert found_in(quote(PASSWORD, safe="").encode())
    assert found_in(b"1000.0123456789abcdef.0123456789abcdef")


def _in_files(home):
    """Return what is found in which file of the home, the vault's own left out."""
    files = [path for path in home.rglob("*") if path.is_file() and path.name != "vault.tsh"]
    assert any(path.suffix == ".log" and path.stat().st_size for path in files)
    return {str(path): found for path in files if (found := found_in(path.read_bytes()))}


def _dump(address):
    """Return the whole database as text."""
    tool = find_binaries().program("pg_dump")
    done = subprocess.run([str(tool), f"--dbname={address}"], capture_output=True, check=True)
    assert b"COPY sync.runs" in done.stdout
    assert b"COPY sync.access_tokens" in done.stdout
    return done.stdout
