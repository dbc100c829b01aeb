"""One bus for events inside a process."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from tsh_sync_gui.core.events import Event

Listener = Callable[[Event], None]


class Bus:
    """Hands each event to all listeners, in the publisher's thread; a listener must return at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call *listener* for each event from now on; returns what ends it."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

        def cut() -> None:
            with self._lock:
                self._listeners = tuple(one for one in self._listeners if one is not listener)

        return cut

    def publish(self, event: Event) -> None:
        """Tell all listeners; one that fails is logged and does not keep the others from hearing."""
        for listener in self._listeners:
            try:
                listener(event)
            except Exception:  # noqa: BLE001 -- a listener's fault must not reach the engine
                structlog.get_logger(__name__).exception("listener failed", listener=repr(listener))
