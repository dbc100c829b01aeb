"""The addresses of TSH_ALERTS_TO and how a word gets there; the addresses are secrets and are shown nowhere."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import logging
import re
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from tsh_sync_gui.core import log
from tsh_sync_gui.core.errors import ConfigurationError, TransientError
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.engine.ports.alerts import Severity, Target

_SECONDS: Final = 60.0
_MOST_AT_ONCE: Final = 4
_LEVELS: Final = {Severity.NOTE: "info", Severity.WARNING: "warning", Severity.GRAVE: "failure"}
_LONGEST: Final = 4000
_ERRNO: Final = re.compile(r"\[(?:Errno|WinError) -?\d+\] ([A-Za-z ]+)")
_NAMED: Final = frozenset({"pass", "password", "token", "key", "apikey", "secret", "code"})


class AppriseCourier:
    """Fulfils `engine.ports.alerts.Courier` for the addresses that the settings name now."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._known: tuple[str, dict[str, str]] = ("", {})
        self._sending = 0

    def targets(self) -> Sequence[Target]:
        """Return where this machine sends to, none where nothing is set up."""
        return tuple(Target(key=key, shown=shown(address)) for key, address in self._addresses().items())

    async def send(self, target: str, *, title: str, body: str, severity: Severity) -> None:
        """Send to the target of a key; TransientError says in words why it could not be sent."""
        address = self._addresses().get(target)
        if address is None:
            raise ConfigurationError("There is no such address any more", advice="TSH_ALERTS_TO names the addresses.")
        title, body = log.redact(title), log.redact(body)[:_LONGEST]
        if self._sending >= _MOST_AT_ONCE:
            raise TransientError(
                "Earlier alerts are still on their way",
                advice="A receiver in TSH_ALERTS_TO does not answer; look at `tsh-sync alerts test`.",
            )
        try:
            async with asyncio.timeout(_SECONDS):
                fault = await self._apart(partial(_send, address, title, body, _LEVELS[severity]))
        except TimeoutError:
            fault = "no answer within a minute"
        if fault:
            raise TransientError(
                f"The alert could not be sent to {shown(address)}",
                advice="Look at the address in TSH_ALERTS_TO; `tsh-sync alerts test` tries it.",
                cause=log.redact(fault),
            )

    async def _apart(self, work: Callable[[], str]) -> str:
        """Do *work* in a thread of its own.

        A receiver that answers a byte a second holds it for ever: one of the loop's own threads would then be missing
        to everything else, and the program's end would wait for it.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[str] = loop.create_future()

        def end(fault: str) -> None:
            self._sending -= 1
            if not done.done():
                done.set_result(fault)

        def run() -> None:
            try:
                fault = work()
            except Exception as error:  # noqa: BLE001 -- apprise stands on many libraries; their words are told
                fault = f"{type(error).__name__}: {error}"
            with suppress(RuntimeError):  # the program has ended meanwhile
                loop.call_soon_threadsafe(end, fault)

        self._sending += 1
        threading.Thread(target=run, name="alert", daemon=True).start()
        return await done

    def _addresses(self) -> dict[str, str]:
        text = self._settings().alerts_to.get_secret_value()
        if text != self._known[0]:
            found = {hashlib.sha256(one.encode()).hexdigest()[:12]: one for one in text.split()}
            for address in found.values():
                log.conceal([address, *secrets_in(address)])
            self._known = (text, found)
        return self._known[1]


def shown(address: str) -> str:
    """Return an address as it may be shown: its kind, and of a mail or web address the host."""
    scheme, _, rest = address.partition("://")
    place = rest.partition("?")[0].partition("/")[0]
    host = place.rpartition("@")[2].partition(":")[0]
    # In many kinds a token stands where others have a host: only what looks like a name of the network is shown.
    is_host = re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}|localhost|\d{1,3}(\.\d{1,3}){3}", host) is not None
    return f"{scheme}://{host}" if is_host else f"{scheme}://…"


def secrets_in(address: str) -> tuple[str, ...]:
    """Return the parts of an address that may be secrets: password, tokens for host and path, named ones."""
    place, _, query = address.partition("://")[2].partition("?")
    authority, _, path = place.partition("/")
    user, _, host = authority.rpartition("@")
    parts = [user.partition(":")[2], *path.split("/")]
    if shown(address).endswith("…"):
        parts += [host, *host.split(":"), user]
    parts += [value for key, value in parse_qsl(query) if key.lower() in _NAMED]
    return tuple({one for part in parts for one in (part, unquote(part)) if one})


def _send(address: str, title: str, body: str, level: str) -> str:
    """Send, in a thread; returns what went wrong, '' for nothing."""
    # Its import takes a fifth of a second, and most programs never send.
    apprise: Any = importlib.import_module("apprise")
    logger = logging.getLogger("apprise")
    said: list[str] = []
    listener = _Listener(said)
    logger.addHandler(listener)
    before, logger.propagate = logger.propagate, False
    level_before = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        sender = apprise.Apprise()
        if not sender.add(address):
            return "; ".join(said) or "apprise does not know this kind of address"
        # Straight to the one service: in this thread, whose complaints are listened to.
        # Names of records stand in it: a mail would take what looks like markup in them for markup.
        done = sender[0].notify(title=title, body=body, notify_type=level, body_format="text")
    finally:
        logger.propagate = before
        logger.setLevel(level_before)
        logger.removeHandler(listener)
    return "" if done else "; ".join(said) or "it was refused"


def doubtful(text: str) -> tuple[str, ...]:
    """Return the addresses of *text* that no alert can be sent to, as they may be shown."""
    apprise: Any = importlib.import_module("apprise")
    logger = logging.getLogger("apprise")
    before, logger.disabled = logger.disabled, True
    try:
        return tuple(shown(one) for one in text.split() if not apprise.Apprise().add(one))
    finally:
        logger.disabled = before


class _Listener(logging.Handler):
    """Keeps what apprise complains of, and of what it tells in passing why a connection failed."""

    def __init__(self, said: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self._said = said
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line, if it is about this thread's message."""
        if record.thread != self._thread:
            return
        if record.levelno >= logging.WARNING:
            self._said.append(record.getMessage())
        elif (why := _ERRNO.search(record.getMessage())) is not None:
            self._said.append(why[1])
