"""The demo's simulator: one for all clients, started again after a kill, gone with the last client."""

import os
import subprocess
import sys
import time

import httpx
import psutil
import pytest

from tsh_sync_gui.bootstrap.demo_home import DemoHome, Keeper, Size
from tsh_sync_gui.core.errors import ConfigurationError


@pytest.fixture
def folder(home):
    return home / "demo عرض"


@pytest.fixture
def demo(folder):
    demo = DemoHome(folder)
    leases = []

    class Opened:
        def enter(self, items=30, seed=None):
            lease, url = demo.enter(items, seed, lambda _words: None)
            leases.append(lease)
            return url

        def leave(self):
            demo.leave(leases.pop())

        keeper = property(lambda _self: demo.keeper())
        home = demo

    yield Opened()
    while leases:
        demo.leave(leases.pop())


def _ids(url: str) -> list[str]:
    return httpx.get(f"{url}/__sim/ids?entity=items").json()["ids"]


def _change(url: str) -> str:
    """Change one item and return its id."""
    return httpx.post(f"{url}/__sim/change?entity=items&count=1").json()["ids"][0]


def _record(url: str, identifier: str) -> str:
    return httpx.get(f"{url}/__sim/record?entity=items&id={identifier}").text


def test_all_clients_of_a_demo_share_one_simulator(demo):
    first = demo.enter()
    second = demo.enter(items=None)

    assert first == second
    assert len(_ids(first)) == 30


def test_the_simulator_ends_with_the_last_client(demo):
    demo.enter()
    demo.enter()
    process = demo.keeper.process()

    demo.leave()
    assert process.is_running()
    demo.leave()

    assert demo.keeper.process() is None


def test_a_killed_simulator_comes_back_at_its_place_with_its_changes(demo):
    url = demo.enter()
    changed = _change(url)
    before = _record(url, changed)
    killed = demo.keeper.process()
    killed.kill()
    psutil.wait_procs([killed], timeout=10)

    demo.home.revive()

    assert demo.keeper.url == url
    assert demo.keeper.pid != killed.pid
    assert _record(url, changed) == before


def test_the_size_is_remembered_and_another_begins_anew(demo):
    demo.enter(items=30)
    demo.leave()
    url = demo.enter(items=None)
    assert demo.home.size == Size(items=30, seed=1)
    changed = _change(url)
    demo.leave()

    words = []
    lease, url = demo.home.enter(40, 2, words.append)
    demo.home.leave(lease)

    assert demo.home.size == Size(items=40, seed=2)
    assert words[0] == "The demo had 30 products (seed 1); it begins anew with 40 (seed 2)."
    assert changed
    assert demo.home.journal.read_bytes() == b""


def test_another_size_is_refused_while_the_demo_is_open(demo):
    demo.enter(items=30)

    with pytest.raises(ConfigurationError, match="open with 30 products"):
        demo.home.enter(40, None, lambda _words: None)


def test_a_pid_that_is_another_program_now_is_not_taken_for_the_keeper():
    stranger = Keeper(pid=os.getpid(), created=1.0, url="http://127.0.0.1:1")

    assert stranger.process() is None


@pytest.mark.skipif(os.name == "nt", reason="kills by signal")
def test_when_all_clients_are_killed_the_simulator_ends_by_itself(demo, folder):
    program = (
        "import sys, time; from pathlib import Path; from tsh_sync_gui.bootstrap.demo_home import DemoHome\n"
        "kept = DemoHome(Path(sys.argv[1])).enter(30, None, lambda words: None)\n"
        "print('ready', flush=True); time.sleep(600)"
    )
    client = subprocess.Popen([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE)
    assert client.stdout.readline() == b"ready\n"
    process = demo.keeper.process()

    client.kill()
    client.wait()
    client.stdout.close()

    _, alive = psutil.wait_procs([process], timeout=60)
    assert alive == []


def test_the_persons_own_settings_do_not_reach_the_simulator(demo, monkeypatch):
    monkeypatch.setenv("ZOHO_CLIENT_SECRET", "geheim")
    monkeypatch.setenv("TSH_DATABASE_URL", "postgresql://sara:geheim@db.example/tsh")
    demo.enter()

    environment = demo.keeper.process().environ()

    assert "geheim" not in " ".join(environment.values())
    assert time.time() - demo.keeper.created < 600
