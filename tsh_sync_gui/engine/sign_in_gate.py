"""While Zoho accepts no sign-in of ours, jobs that call it wait: each would only be spent on the same refusal."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError, SyncError, VaultLockedError
from tsh_sync_gui.engine.ports.jobs import Handler, JobContext, Kind
from tsh_sync_gui.engine.retrying import PostponedError

_LOOK_S: Final = 75.0
"""Zoho bears ten refreshes in ten minutes, and locks out who asks more often."""
_PERSONAL: Final = frozenset({AuthorisationError.kind, ConfigurationError.kind, VaultLockedError.kind})


class SignInGate:
    """Of one worker. *token* returns the access token or raises why there is none, without a call that counts."""

    def __init__(self, token: Callable[[], Awaitable[object]], clock: Clock) -> None:
        self._token = token
        self._clock = clock
        self._look_at: float | None = None
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_open(self) -> bool:
        """Tell whether jobs that call Zoho may be taken; while not, look now and then whether somebody signed in."""
        if self._look_at is not None and self._clock.monotonic() >= self._look_at:
            self._look_at = self._clock.monotonic() + _LOOK_S
            self._looking = asyncio.create_task(self._look(), name="sign-in")
        return self._look_at is None

    def kinds(self, kinds: Sequence[Kind]) -> tuple[Kind, ...]:
        """Return *kinds*; those that call Zoho put a job back, uncounted, when it failed for want of a sign-in."""
        return tuple(replace(one, handler=self._waiting(one.handler)) if one.calls_zoho else one for one in kinds)

    def _waiting(self, handler: Handler) -> Handler:
        async def handle(arguments: Mapping[str, Any], context: JobContext) -> None:
            try:
                await handler(arguments, context)
            except SyncError as error:
                fault = await self._fault() if error.kind in _PERSONAL else None
                if not isinstance(fault, (AuthorisationError, ConfigurationError)):
                    raise  # there is a sign-in, and it lacks a permission
                self._look_at = self._clock.monotonic() + _LOOK_S
                # It is due at once, and taken as soon as anything is.
                raise PostponedError(fault.title, advice=fault.advice, until=self._clock.now()) from error

        return handle

    async def _look(self) -> None:
        if await self._fault() is None:
            self._look_at = None

    async def _fault(self) -> SyncError | None:
        """Return what stands in the way of a sign-in, None where nothing does."""
        try:
            await self._token()
        except SyncError as fault:
            return fault
        return None
