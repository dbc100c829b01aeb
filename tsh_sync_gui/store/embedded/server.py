"""A PostgreSQL server of our own: made when first needed, found running by everybody else, rescued after any end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from tsh_sync_gui.core.errors import ConfigurationError, UnreachableError
from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.store.embedded import endpoint as address
from tsh_sync_gui.store.embedded.account import server_account
from tsh_sync_gui.store.embedded.binaries import Binaries, find_binaries, reachable
from tsh_sync_gui.store.embedded.cluster import create, kept_port
from tsh_sync_gui.store.embedded.endpoint import Endpoint
from tsh_sync_gui.store.embedded.leases import Lease, anyone_left
from tsh_sync_gui.store.embedded.location import (
    SYSTEM_FOLDER,
    Place,
    existing_place,
    native,
    new_place,
    places_below,
    unwritable,
)
from tsh_sync_gui.store.embedded.probe import Answer, ask, create_database
from tsh_sync_gui.store.embedded.processes import Postmaster, alive, end_leftovers
from tsh_sync_gui.store.embedded.startup import renew_password, start, stop
from tsh_sync_gui.store.embedded.tools import Tools

Progress = Callable[[str], None]
_PAUSE = 0.05
_STOP_PATIENCE_S = 300.0


class ServerState(StrEnum):
    """What a server is doing."""

    RUNNING = "running"
    STARTING = "starting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What is known of a server without disturbing it; None where there is nothing to know."""

    state: ServerState
    pid: int | None
    port: int | None
    version: str | None
    data_bytes: int
    folder: Path | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """A server that was running and has been stopped."""

    folder: Path
    port: int


class EmbeddedServer:
    """The server of one home; every method may be called from any process of the machine at any time."""

    def __init__(
        self,
        home: Path,
        *,
        binaries: Binaries | None = None,
        name: str = "postgres",
        settings: Mapping[str, str] | None = None,
        system_folder: Path = SYSTEM_FOLDER,
        timeout: float = 180.0,
    ) -> None:
        self._home = home.absolute()
        self._binaries = binaries
        self._name = name
        self._settings = settings or {}
        self._system_folder = system_folder
        self._timeout = timeout

    def ensure(self, progress: Progress | None = None) -> Endpoint:
        """Return the endpoint of a server that answers; make, start or rescue it where it does not."""
        place = self._existing()
        if place is not None and (endpoint := _running(place)) is not None:
            return endpoint
        with self._locked() as place:
            place.stopped.unlink(missing_ok=True)
            return self._ensured(place, progress or _silent)

    def revive(self) -> Endpoint:
        """Return the endpoint for a client that lost its server; UnreachableError where a person stopped it."""
        place = self._existing()
        if place is not None and (endpoint := _running(place)) is not None:
            return endpoint
        with self._locked() as place:
            if place.stopped.exists() and alive(place) is None:
                raise UnreachableError(
                    "The embedded database was stopped by `tsh-sync db stop`",
                    what="database",
                    advice="It stays down until a person opens it again: in the window, or by any tsh-sync command.",
                )
            return self._ensured(place, _silent)

    @contextmanager
    def lease(self, progress: Progress | None = None) -> Iterator[Endpoint]:
        """Ensure the server for as long as the context lasts; the last client to leave stops it."""
        with self._locked() as place:
            place.stopped.unlink(missing_ok=True)
            endpoint = self._ensured(place, progress or _silent)
            lease = Lease(place.leases)
        try:
            yield endpoint
        finally:
            with self._locked() as place:
                lease.give_back()
                if not anyone_left(place.leases):
                    stop(place, self._tools)

    def stop(self) -> bool:
        """Stop the server; tell whether one was running."""
        if self._existing() is None:
            return False
        with self._locked() as place:
            return stop(place, self._tools)

    def status(self) -> ServerStatus:
        """Look, without waiting for anybody."""
        place = self._existing()
        if place is None:
            return ServerStatus(ServerState.STOPPED, None, None, None, 0, None)
        version = place.version.read_text(encoding="utf-8").strip() if place.version.is_file() else None
        postmaster = alive(place)
        if postmaster is None:
            return ServerStatus(ServerState.STOPPED, None, kept_port(place), version, _size(place.data), place.folder)
        state = ServerState.RUNNING if postmaster.is_ready else ServerState.STARTING
        return ServerStatus(state, postmaster.pid, postmaster.port, version, _size(place.data), place.folder)

    @cached_property
    def _tools(self) -> Tools:
        return _tools(self._existing(), self._binaries, self._system_folder)

    def _existing(self) -> Place | None:
        try:
            place = existing_place(self._home, self._name, system_folder=self._system_folder)
        except PermissionError as error:
            raise unwritable(self._home / self._name, error) from error
        return Place(native(place.folder)) if place is not None else None

    @contextmanager
    def _locked(self) -> Iterator[Place]:
        place = self._existing() or new_place(
            self._home, self._name, self._tools.account, system_folder=self._system_folder
        )
        place = Place(native(place.folder))
        with _holding(place, timeout=self._timeout + 120):
            yield place

    def _create(self, place: Place) -> None:
        for is_last in (False, False, True):
            try:
                create(place, self._tools, self._settings)
            except UnreachableError:
                # initdb ended without a reason a person could act on: it was killed, or is about to fail for good.
                if is_last:
                    raise
            else:
                return

    def _ensured(self, place: Place, progress: Progress) -> Endpoint:
        """Bring the server up step by step: look, do the one thing that is missing, look again."""
        if not place.has_cluster:
            progress("Preparing the database")
            self._create(place)
        deadline = time.monotonic() + self._timeout
        renewed = False
        while time.monotonic() < deadline:
            postmaster = alive(place)
            if postmaster is None:
                after_hard_end = (place.data / "postmaster.pid").exists()
                progress("Starting the database after a hard end" if after_hard_end else "Starting the database")
                start(place, self._tools, self._settings, deadline=deadline)
                continue
            endpoint = _endpoint(place, postmaster)
            match ask(endpoint, place):
                case Answer.OURS | Answer.FULL:
                    return endpoint
                case Answer.NO_DATABASE:
                    create_database(replace(endpoint, dbname="postgres"), endpoint.dbname)
                case Answer.PASSWORD_REFUSED if not renewed:
                    progress("Renewing the database's password")
                    stop(place, self._tools)
                    renew_password(place, self._tools)
                    renewed = True
                case Answer.PASSWORD_REFUSED:
                    raise ConfigurationError(
                        "The database refuses its own password",
                        advice=f"Look at pg_hba.conf in {place.data}: it must allow {address.USER} from 127.0.0.1.",
                    )
                case Answer.OTHER | Answer.SILENT:
                    if not postmaster.is_ready:
                        progress("The database is starting")
                    time.sleep(_PAUSE)
        raise UnreachableError(
            "The database does not answer yet",
            what="database",
            advice="It may be repairing itself after a hard end; try again in a minute.",
            cause=f"no answer within {self._timeout:.0f} s; see {place.log}",
            retry_after=10,
        )


@contextmanager
def _holding(place: Place, *, timeout: float) -> Iterator[None]:
    lock = FileLock(place.lock, timeout=timeout)
    try:
        lock.acquire()
        yield
    except OSError as error:
        raise unwritable(place.folder, error) from error
    finally:
        lock.release()


def _tools(place: Place | None, binaries: Binaries | None, system_folder: Path) -> Tools:
    account = server_account(place.data if place is not None else None)
    try:
        return Tools(reachable(binaries or find_binaries(), account, system_folder), account)
    except OSError as error:
        raise unwritable(system_folder, error) from error


def _silent(_: str) -> None:
    """Tell nobody."""


def _endpoint(place: Place, postmaster: Postmaster) -> Endpoint:
    return Endpoint(address.HOST, postmaster.port, address.USER, address.DATABASE, place.passfile)


def _running(place: Place) -> Endpoint | None:
    postmaster = alive(place)
    if postmaster is None or not postmaster.is_ready:
        return None
    endpoint = _endpoint(place, postmaster)
    return endpoint if ask(endpoint, place) is Answer.OURS else None


def _size(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 (thousands of files)
            except FileNotFoundError:
                # The server removes files while we count.
                continue
    return total


def stop_all_below(
    home: Path, *, binaries: Binaries | None = None, system_folder: Path = SYSTEM_FOLDER, stays: bool = False
) -> list[Stopped]:
    """Stop every running server of *home* and of the homes below it, a demo's too.

    With *stays*, programs that lose their server by it do not start it again: only who opens the database anew does.
    """
    stopped = []
    for found in places_below(home.absolute(), system_folder=system_folder):
        place = Place(native(found.folder))
        with _holding(place, timeout=_STOP_PATIENCE_S):
            postmaster = alive(place)
            if postmaster is None:
                end_leftovers(place)
            else:
                stop(place, _tools(place, binaries, system_folder))
                stopped.append(Stopped(place.folder, postmaster.port))
            if stays:
                place.stopped.touch()
    return stopped
