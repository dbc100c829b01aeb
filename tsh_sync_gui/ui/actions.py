"""The one way to start a coroutine from a screen: it is held, shows busy, and its error is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.log import explained, redact
from tsh_sync_gui.ui.bridge import EngineThread
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr

T = TypeVar("T")


def problem_from(error: BaseException) -> Problem:
    """Return the four parts of an error."""
    if isinstance(error, SyncError):
        return Problem(
            title=redact(error.title), meaning=redact(error.advice), details=redact(error.cause), is_grave=True
        )
    return Problem(
        title=tr("Something unexpected happened"),
        meaning=tr("What was stored before is safe. Try again; if it happens again, copy the details."),
        details=explained(error),
        is_grave=True,
    )


class Actions(QObject):
    """Runs coroutines of the service in the engine; *failed* carries a Problem nobody else took."""

    failed = Signal(object)

    def __init__(self, engine: EngineThread) -> None:
        super().__init__()
        self._engine = engine
        self._tasks: set[asyncio.Task[None]] = set()

    def run(
        self,
        coroutine: Coroutine[Any, Any, T],
        *,
        then: Callable[[T], object] | None = None,
        otherwise: Callable[[BaseException], object] | None = None,
        busy: QWidget | None = None,
        is_long: bool = False,
    ) -> asyncio.Task[None]:
        """Await *coroutine* and call *then* with its result, or *otherwise* with its error; *busy* rests meanwhile.

        *is_long* marks what is stopped when the program ends; the rest is waited for.
        """
        call = self._engine.call(coroutine, is_long=is_long)
        task = asyncio.get_running_loop().create_task(self._awaited(call, then, otherwise, busy))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _awaited(
        self,
        call: asyncio.Future[T],
        then: Callable[[T], object] | None,
        otherwise: Callable[[BaseException], object] | None,
        busy: QWidget | None,
    ) -> None:
        if busy is not None:
            busy.setEnabled(False)
        try:
            result = await call
        except SyncError as error:
            self._tell(error, otherwise)
        except Exception as error:  # noqa: BLE001 -- shown to the person, with the details to copy
            self._tell(error, otherwise)
        else:
            if then is not None:
                then(result)
        finally:
            if busy is not None:
                busy.setEnabled(True)

    def _tell(self, error: BaseException, otherwise: Callable[[BaseException], object] | None) -> None:
        if otherwise is not None:
            otherwise(error)
        else:
            self.failed.emit(problem_from(error))

    def cancel_all(self) -> None:
        """Give up everything that is still awaited; the widgets it would tell are about to go."""
        for task in tuple(self._tasks):
            task.cancel()
