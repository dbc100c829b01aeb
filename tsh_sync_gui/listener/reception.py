"""The reception of deliveries: proven, understood, kept, and only then acknowledged."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final, Protocol

import structlog
from pydantic import SecretStr
from starlette.responses import Response

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.engine.ports.inbox import Arrival, Delivery, Diagnosis, Hint, Verdict
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.listener.answers import answer, reason
from tsh_sync_gui.listener.limits import Patience
from tsh_sync_gui.zoho.webhook_bodies import BodyError, is_test, understand
from tsh_sync_gui.zoho.webhooks import SIGNATURE_HEADER, diagnosis_of, proven_by, to_keep

_NOTHING: Final[Diagnosis] = {}
_SEE_INBOX: Final = "It is kept as refused; its diagnosis stands in the webhooks inbox."


class Secrets(Protocol):
    """The webhook's secrets as they are now."""

    @property
    def valid(self) -> Sequence[SecretStr]:
        """Return the secrets that prove a delivery, the present one first."""
        ...

    @property
    def expired(self) -> Sequence[SecretStr]:
        """Return secrets whose time is over."""
        ...

    @property
    def closed(self) -> SyncError | None:
        """Return why none is known though one may be kept, None where that is not so."""
        ...

    async def look_again(self) -> bool:
        """Read them anew; tells whether they changed."""
        ...


class Desk(Protocol):
    """Where deliveries are kept."""

    async def keep(self, arrival: Arrival) -> Verdict:
        """Return the verdict once *arrival* is safe; raises SyncError when it is not."""
        ...

    async def note(self, arrival: Arrival) -> None:
        """Keep what was refused if that can be done at once; it is not worth a place in the spool."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What the reception must know of the settings, as they are now."""

    organization_id: str
    header: str = ""


class Reception:
    """Takes deliveries in. *house* tells the settings in force, *now* the time."""

    def __init__(
        self,
        registry: Registry,
        secrets: Secrets,
        desk: Desk,
        *,
        house: Callable[[], House],
        now: Callable[[], datetime],
        patience: Patience,
    ) -> None:
        self._registry = registry
        self._secrets = secrets
        self._desk = desk
        self._house = house
        self._now = now
        # What a delivery is told from others by; random bytes for each would cost as much as its signature.
        self._prefix, self._numbers = os.urandom(12).hex(), count()
        self._patience = patience
        self.counts: Counter[str] = Counter()

    async def receive(self, delivery: Delivery) -> Response:
        """Return the answer to *delivery*: 200 only for what is safe, or needs not be."""
        house = self._house()
        scheme = self._proven_by(delivery, house)
        if not scheme:
            if not _is_signed(delivery, house) and is_test(delivery):
                return await self._ping(delivery)
            if (wait := self._patience.take(delivery.source)) > 0:
                return self._too_many(wait)
            if await self._secrets.look_again():
                scheme = self._proven_by(delivery, house)
        if not scheme and (closed := self._secrets.closed) is not None:
            return self._unproven(closed)
        if not scheme:
            # Of a large body it takes as long as a hundred good deliveries: only for who was not held off, and beside.
            diagnosis = await asyncio.to_thread(self._why_not, delivery, house)
            return await self._refuse(delivery, 401, "signature", diagnosis)
        try:
            hint = understand(delivery, self._registry)
        except BodyError as error:
            diagnosis = _diagnosis("The body cannot be read", str(error), "Choose “Default payload” in Zoho.")
            return await self._refuse(delivery, 400, "body", diagnosis, scheme=scheme)
        ours = house.organization_id
        if hint.organization_id and ours and hint.organization_id != ours:
            words = f"It is of organization {hint.organization_id}; this listener serves {ours}"
            diagnosis = _diagnosis("Another organization's delivery", words, "Correct the webhook's address in Zoho.")
            return await self._refuse(delivery, 403, "organization", diagnosis, scheme=scheme, hint=hint)
        return await self._accept(delivery, hint, scheme)

    def _proven_by(self, delivery: Delivery, house: House) -> str:
        return proven_by(delivery, self._secrets.valid, header=house.header)

    def _why_not(self, delivery: Delivery, house: House) -> Diagnosis:
        return diagnosis_of(delivery, self._secrets.valid, expired=self._secrets.expired, header=house.header)

    async def _accept(self, delivery: Delivery, hint: Hint, scheme: str) -> Response:
        verdict = Verdict.PING if hint.is_ping else Verdict.ACCEPTED
        diagnosis = _NOTHING
        if not hint.is_ping and not (hint.entity and hint.record_id):
            missing = "no record's id" if hint.entity else "nothing that is kept here"
            diagnosis = _diagnosis("Nothing to do", f"The delivery names {missing}", "Changes are found by polling.")
        arrival = self._arrival(delivery, hint, verdict, diagnosis, scheme=scheme)
        try:
            verdict = await self._desk.keep(arrival)
        except SyncError as error:
            self.counts["not kept"] += 1
            structlog.get_logger(__name__).error("a delivery could not be kept", error=error.title, cause=error.cause)
            return answer(reason(error.kind, error.title, error.advice), 503, Retry_After="5")
        self.counts[verdict.value] += 1
        document: dict[str, Any] = {"status": verdict.value}
        if hint.entity:
            document |= {"entity": hint.entity, "record_id": hint.record_id}
        return answer(document)

    async def _ping(self, delivery: Delivery) -> Response:
        if (wait := self._patience.take(delivery.source)) > 0:
            return self._too_many(wait)
        self.counts[Verdict.PING.value] += 1
        await self._desk.note(self._arrival(delivery, Hint(is_ping=True), Verdict.PING, _NOTHING))
        return answer({"status": Verdict.PING.value})

    async def _refuse(
        self,
        delivery: Delivery,
        status: int,
        kind: str,
        diagnosis: Diagnosis,
        *,
        scheme: str = "",
        hint: Hint | None = None,
    ) -> Response:
        self.counts[Verdict.REFUSED.value] += 1
        diagnosis = {**diagnosis, "status": status}
        arrival = self._arrival(delivery, hint or Hint(), Verdict.REFUSED, diagnosis, scheme=scheme)
        await self._desk.note(arrival)
        title = str(diagnosis.get("title", "Refused"))
        # Who proves himself is told the cause; everybody else would learn from it.
        advice = f"{diagnosis.get('cause', '')}. {diagnosis.get('advice', '')}" if scheme else _SEE_INBOX
        return answer(reason(kind, title, advice), status)

    def _unproven(self, closed: SyncError) -> Response:
        """Answer what can be neither trusted nor refused just now: Zoho tries again, and polling covers the changes."""
        self.counts["not kept"] += 1
        structlog.get_logger(__name__).error("a delivery cannot be examined", error=closed.title)
        words = "The webhook's secret cannot be read just now"
        return answer(
            reason(closed.kind, words, "Deliver again later; the listener's log says why."), 503, Retry_After="60"
        )

    def _too_many(self, wait: float) -> Response:
        self.counts["limited"] += 1
        seconds = int(wait) + 1
        words = f"Try again in {seconds} s; deliveries with a right signature are always taken."
        return answer(reason("rate_limited", "Too many refused requests", words), 429, Retry_After=str(seconds))

    def _arrival(
        self, delivery: Delivery, hint: Hint, verdict: Verdict, diagnosis: Diagnosis, *, scheme: str = ""
    ) -> Arrival:
        secrets = (*self._secrets.valid, *self._secrets.expired)
        return Arrival(
            key=f"{self._prefix}{next(self._numbers):08x}",
            received_at=self._now(),
            delivery=to_keep(delivery, secrets, header=self._house().header),
            verdict=verdict,
            hint=hint,
            scheme=scheme,
            diagnosis=diagnosis,
        )


def _is_signed(delivery: Delivery, house: House) -> bool:
    return SIGNATURE_HEADER in delivery.headers or bool(house.header and house.header.lower() in delivery.headers)


def _diagnosis(title: str, cause: str, advice: str) -> Diagnosis:
    return {"title": title, "cause": cause, "advice": advice}
