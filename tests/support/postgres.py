"""A real PostgreSQL for the suite: one embedded server per run, shared by its workers, and a fresh database per test.

`from tests.support.postgres import database_url, databases, postgres` in a conftest makes the fixtures known.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from psycopg import sql

from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.store.embedded import EmbeddedServer, Endpoint, stop_all_below
from tsh_sync_gui.store.embedded.leases import anyone_left
from tsh_sync_gui.store.embedded.location import SYSTEM_FOLDER, Place
from tsh_sync_gui.store.embedded.probe import connect

Prepare = Callable[[str], object]
# Nothing here has to survive a power cut, but all of it a kill.
SETTINGS = {
    "fsync": "off",
    "max_connections": "300",
    "shared_buffers": "64MB",
    "autovacuum": "off",
}
_PREFIX = "tsh-tests-"
_ITERATIONS_SINCE = 160000


@dataclass(frozen=True, slots=True)
class Databases:
    """Makes databases on the shared server."""

    server: Endpoint
    folder: Path

    def create(self, prepare: Prepare | None = None) -> str:
        """Make a database and return its SQLAlchemy address; *prepare* runs once per session, on a template."""
        return self.endpoint(prepare).sqlalchemy_url

    def endpoint(self, prepare: Prepare | None = None) -> Endpoint:
        """Make a database and return where it is."""
        name = f"test_{secrets.token_hex(8)}"
        template = self._template(prepare) if prepare is not None else "template0"
        self._make(name, template)
        return replace(self.server, dbname=name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _template(self, prepare: Prepare) -> str:
        called = f"{prepare.__module__}.{getattr(prepare, '__qualname__', type(prepare).__qualname__)}"
        name = f"template_{hashlib.sha256(called.encode()).hexdigest()[:16]}"
        with FileLock(self.folder / f"{name}.lock"):
            if not self._exists(name):
                unfinished = f"{name}_{secrets.token_hex(4)}"
                self._make(unfinished, "template0")
                prepare(replace(self.server, dbname=unfinished).sqlalchemy_url)
                self._end_connections(unfinished)
                self._run(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
                )
        return name

    def _exists(self, name: str) -> bool:
        with connect(replace(self.server, dbname="postgres")) as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None

    def _end_connections(self, name: str) -> None:
        with connect(replace(self.server, dbname="postgres")) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (name,)
            )

    def _make(self, name: str, template: str) -> None:
        self._run(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))

    def _run(self, statement: sql.Composed) -> None:
        with connect(replace(self.server, dbname="postgres")) as connection:
            connection.execute(statement)


@contextmanager
def reachable_home(label: str = "") -> Iterator[Path]:
    """Give an empty home that a server started by root reaches too (pytest's own folders are closed to others)."""
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{label}") as folder:
        if os.name == "posix" and os.geteuid() == 0:
            Path(folder).chmod(0o755)
        try:
            yield Path(folder)
        finally:
            forget(Path(folder))


def forget(home: Path, *, system_folder: Path = SYSTEM_FOLDER) -> None:
    """Stop every server of *home* and remove what root's keep outside of it."""
    stop_all_below(home, system_folder=system_folder)
    for mark in system_folder.glob("*/home"):
        owner = Path(os.fsdecode(mark.read_bytes()))
        if owner == home.resolve() or home.resolve() in owner.parents:
            shutil.rmtree(mark.parent, ignore_errors=True)


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty home; its servers are stopped when the test ends."""
    with reachable_home() as folder:
        yield folder


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    """The run's server: the first worker starts it, the last one stops it and removes its files."""
    base = tmp_path_factory.getbasetemp()
    run = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    mark = hashlib.sha256(str(run).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir(), f"{_PREFIX}run-{mark}")
    gate = folder.with_suffix(".lock")
    _sweep(besides=gate)
    server = EmbeddedServer(folder, settings=SETTINGS)
    lease = server.lease()
    with FileLock(gate):
        folder.mkdir(mode=0o755, exist_ok=True)
        endpoint = lease.__enter__()
        _sign_in_quickly(endpoint)
    try:
        yield Databases(endpoint, folder)
    finally:
        with FileLock(gate):
            lease.__exit__(None, None, None)
            if not anyone_left(Place(endpoint.passfile.parent).leases):
                shutil.rmtree(folder, ignore_errors=True)
                gate.unlink(missing_ok=True)


def _sign_in_quickly(endpoint: Endpoint) -> None:
    """Let the password's key be made in one round instead of 4,096: the suite connects some ten thousand times."""
    password = endpoint.passfile.read_text(encoding="utf-8").strip().rpartition(":")[2]
    with connect(replace(endpoint, dbname="postgres")) as connection:
        if connection.info.server_version < _ITERATIONS_SINCE:
            return
        connection.execute("SET scram_iterations = 1")
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(endpoint.user), password))


@pytest.fixture
def postgres(databases: Databases) -> Iterator[Endpoint]:
    """An empty database for one test."""
    endpoint = databases.endpoint()
    yield endpoint
    databases.drop(endpoint.dbname)


@pytest.fixture
def database_url(databases: Databases) -> Iterator[Callable[..., str]]:
    """A factory of fresh databases, `database_url(prepare)`, dropped when the test ends."""
    made: list[str] = []

    def create(prepare: Prepare | None = None) -> str:
        endpoint = databases.endpoint(prepare)
        made.append(endpoint.dbname)
        return endpoint.sqlalchemy_url

    yield create
    for name in made:
        databases.drop(name)


def _sweep(*, besides: Path) -> None:
    """Remove what runs that were killed have left: a server without a living client."""
    for gate in Path(tempfile.gettempdir()).glob(f"{_PREFIX}run-*.lock"):
        if gate == besides or not os.access(gate, os.W_OK):
            continue
        lock = FileLock(gate)
        if not lock.try_acquire():
            continue
        folder = gate.with_suffix("")
        leases = folder / "postgres" / "leases"
        if not leases.is_dir() or not anyone_left(leases):
            forget(folder)
            shutil.rmtree(folder, ignore_errors=True)
            gate.unlink(missing_ok=True)
        lock.release()
