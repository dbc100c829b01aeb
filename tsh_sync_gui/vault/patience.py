"""A time limit for what may wait for a person: a locked keychain asks for its password, on a screen nobody may see."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from tsh_sync_gui.core.errors import VaultLockedError

SECONDS: Final = 30.0

Answer = TypeVar("Answer")


class _Question(Generic[Answer]):
    """One call in a thread of its own, which is left behind when nobody answers; *given_up* tells it so."""

    def __init__(self, call: Callable[[threading.Event], Answer]) -> None:
        self._call = call
        self.given_up = threading.Event()
        self._answer: list[Answer] = []
        self._error: BaseException | None = None
        # A daemon: a prompt that is never answered must not keep the program from ending.
        self._thread = threading.Thread(target=self._ask, name="keychain", daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        try:
            self._answer.append(self._call(self.given_up))
        except BaseException as error:  # noqa: BLE001 -- raised again in the thread that asked
            self._error = error

    def wait(self, seconds: float) -> bool:
        """Return whether there is an answer within *seconds*."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def answer(self) -> Answer:
        """Return what the call returned, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._answer[0]


class Patience:
    """Asks one question at a time; while one waits for a person, no second prompt is opened."""

    _pending: _Question[object] | None = None
    _lock = threading.Lock()

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds

    def call(self, question: Callable[[threading.Event], Answer]) -> Answer:
        """Return the answer to *question*; VaultLockedError when there is none in time.

        The event it is given is set then: what it was to change must stay as it is, for nobody waits for it any more.
        """
        # One keychain per program: what waits is known to every vault of this process.
        if not Patience._lock.acquire(timeout=self._seconds):
            raise self._locked()
        try:
            pending = Patience._pending
            if pending is not None and not pending.wait(self._seconds):
                raise self._locked()
            asked = _Question(question)
            if not asked.wait(self._seconds):
                asked.given_up.set()
                Patience._pending = asked  # type: ignore[assignment] # its answer is never looked at
                raise self._locked()
            Patience._pending = None
            return asked.answer()
        finally:
            Patience._lock.release()

    def _locked(self) -> VaultLockedError:
        return VaultLockedError(
            "The keychain does not answer",
            advice="It may be locked: unlock it (a window may be asking for its password), then try again.",
            cause=f"no answer within {self._seconds:.0f} s",
        )
