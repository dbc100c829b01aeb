"""Starting and stopping a server's processes; called under the place's lock."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping

from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.store.embedded import endpoint as address
from tsh_sync_gui.store.embedded.cluster import (
    check_major,
    free_port,
    is_free,
    kept_port,
    write_passfile,
    write_settings,
)
from tsh_sync_gui.store.embedded.location import Place
from tsh_sync_gui.store.embedded.processes import alive, end_leftovers, has_ended, leftovers
from tsh_sync_gui.store.embedded.tools import Done, Tools, explained, log_marks, log_since

# Reasons that pass: leftovers that end, a port that was taken since we looked, somebody else's start.
_PASSING = (
    "shared memory block",
    "Address already in use",
    "could not bind",
    "could not create any TCP/IP sockets",
    'lock file "postmaster.pid" already exists',
)
_TRIES = 20
_UNKNOWN_TRIES = 2
_PAUSE = 0.3
_STOP_TIMEOUT_S = 60


def start(place: Place, tools: Tools, settings: Mapping[str, str], *, deadline: float) -> None:
    """Start the server of a cluster without a living postmaster.

    It returns when the server takes connections, or when somebody else's start has come before ours.
    """
    check_major(place, tools)
    if not address.is_usable(place.passfile):
        _clear_away(place)
        renew_password(place, tools)
    said, unknown = "", 0
    for _ in range(_TRIES):
        _clear_away(place)
        port = kept_port(place)
        if port is None or not is_free(port):
            port = free_port()
        write_settings(place.data, tools, port, settings)
        place.start_log.unlink(missing_ok=True)
        marks = log_marks(place)
        done = _start_once(place, tools, deadline)
        if done.code == 0 or alive(place) is not None:
            return
        said = f"{done.output}\n{log_since(place, marks)}"
        # A kill in mid-start leaves no words; what keeps failing without a known reason is no kill.
        unknown += not any(words in said for words in _PASSING)
        if unknown > _UNKNOWN_TRIES or time.monotonic() > deadline:
            break
        time.sleep(_PAUSE)
    raise explained("starting the database", said, place)


def _start_once(place: Place, tools: Tools, deadline: float) -> Done:
    patience = max(60, int(deadline - time.monotonic()))
    return tools.run(
        "pg_ctl",
        *("-D", place.data, "-l", place.start_log, "-w", "-t", str(patience), "-s", "start"),
        folder=place.folder,
        timeout=patience + 30,
    )


def _clear_away(place: Place) -> None:
    """Remove what a dead postmaster left: its backends hold the shared memory, its pid may be another program's now."""
    pid_file = place.data / "postmaster.pid"
    if not pid_file.exists() and not leftovers(place):
        return
    end_leftovers(place)
    pid_file.unlink(missing_ok=True)


def stop(place: Place, tools: Tools) -> bool:
    """Stop the server, at the latest by force; tell whether one was running."""
    postmaster = alive(place)
    if postmaster is None:
        end_leftovers(place)
        return False
    for mode, patience in (("fast", _STOP_TIMEOUT_S), ("immediate", _STOP_TIMEOUT_S // 2)):
        tools.run(
            "pg_ctl",
            *("-D", place.data, "-m", mode, "-w", "-t", str(patience), "-s", "stop"),
            folder=place.folder,
            timeout=patience + 30,
        )
        if has_ended(postmaster.pid):
            # The log's writer ends a moment later; whoever then removes or moves the folder must not meet it.
            for process in leftovers(place):
                has_ended(process.pid)
            end_leftovers(place)
            return True
    end_leftovers(place)
    if alive(place) is not None:
        raise UnreachableError(
            "The database does not stop",
            what="database",
            advice="Restart the computer; nothing is lost.",
            cause=f"postmaster {postmaster.pid} of {place.data} survives",
        )
    return True


def renew_password(place: Place, tools: Tools) -> None:
    """Give a stopped cluster, whose passfile is lost or wrong, a new password."""
    password = secrets.token_urlsafe(24)
    done = tools.run(
        "postgres",
        *("--single", "-D", place.data, "-c", "log_statement=none", "-c", "logging_collector=off", "postgres"),
        folder=place.folder,
        timeout=600,
        text=f"ALTER ROLE {address.USER} PASSWORD '{password}'\n",
    )
    if done.code:
        raise explained("renewing the database's password", done.output, place)
    write_passfile(place, password)
