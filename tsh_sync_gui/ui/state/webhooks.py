"""The webhooks inbox around its list: filters, how live it is, figures above it, and why it is empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from tsh_sync_gui.engine.ports.deliveries import InboxFigures, InboxQuery, InboxRow, Refusals
from tsh_sync_gui.engine.ports.inbox import EventState, Verdict
from tsh_sync_gui.ui.state.listener import Listening
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import ago, clock, exact, number, span, tr

MOST_NEW: Final = 200
"""So many new deliveries are counted one by one."""
_FULL: Final = 0.8


class Only(StrEnum):
    """Which deliveries are listed."""

    ALL = "all"
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"
    PING = "ping"
    REFUSED = "refused"


class Work(StrEnum):
    """How far the work of the listed ones has come."""

    ALL = "all"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    IGNORED = "ignored"


def only_word(only: Only) -> str:
    """Return a choice of the verdicts' filter."""
    return tr("All verdicts") if only is Only.ALL else verdict_word(Verdict(only.value))


def work_choice(work: Work) -> str:
    """Return a choice of the filter of the processing."""
    return tr("All processing") if work is Work.ALL else work_word(EventState(work.value))


def verdict_word(verdict: Verdict) -> str:
    """Return a verdict as people read it."""
    match verdict:
        case Verdict.ACCEPTED:
            return tr("Accepted")
        case Verdict.DUPLICATE:
            return tr("Duplicate")
        case Verdict.OUT_OF_ORDER:
            return tr("Out of order")
        case Verdict.PING:
            return tr("Ping")
        case Verdict.REFUSED:
            return tr("Rejected")


def work_word(state: EventState) -> str:
    """Return how far the work has come, in a word."""
    match state:
        case EventState.WAITING:
            return tr("Waiting")
        case EventState.DONE:
            return tr("Done")
        case EventState.FAILED:
            return tr("Failed")
        case EventState.IGNORED:
            return tr("Nothing to do")


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFilter:
    """What the list shows."""

    text: str = ""
    only: Only = Only.ALL
    work: Work = Work.ALL
    entity: str = ""

    @property
    def query(self) -> InboxQuery:
        """Return it as the engine takes it."""
        return InboxQuery(
            verdicts=() if self.only is Only.ALL else (Verdict(self.only.value),),
            states=() if self.work is Work.ALL else (EventState(self.work.value),),
            entities=(self.entity,) if self.entity else (),
            text=self.text.strip(),
        )

    @property
    def is_narrow(self) -> bool:
        """Tell whether less than everything is asked for."""
        return self != InboxFilter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """How the list follows what comes in. *newest* is the newest delivery shown, *held* how many newer ones are not.

    It follows while a person looks at its beginning and has not paused it.
    """

    is_live: bool = True
    is_at_top: bool = True
    newest: int = 0
    held: int = 0

    @property
    def follows(self) -> bool:
        """Tell whether new deliveries are shown as they come."""
        return self.is_live and self.is_at_top

    def shown(self, rows: Sequence[InboxRow]) -> Flow:
        """Return the flow once *rows*, newest first, are shown."""
        return replace(self, newest=max((row.id for row in rows), default=self.newest), held=0)

    def read(self, rows: Sequence[InboxRow]) -> Flow:
        """Return the flow when *rows* were read, and those not shown yet are held back."""
        return replace(self, held=sum(row.id > self.newest for row in rows))


def chip_words(flow: Flow) -> str:
    """Return what the chip above the list says; "" where nothing is held back."""
    if not flow.held:
        return ""
    if flow.held >= MOST_NEW:
        return tr("{number}+ new").format(number=number(MOST_NEW))
    return tr("%Ln new", None, flow.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One figure of the strip: its name, value, tone and what its tooltip says."""

    key: str
    name: str
    value: str
    tone: str = ""
    hint: str = ""


def strip(
    listening: Listening | None,
    figures: InboxFigures | None,
    *,
    public: str,
    is_demo: bool = False,
    per_day: int,
    now: datetime,
    zone: str = "",
) -> tuple[Cell, ...]:
    """Return what stands above the list."""
    none = "–"
    known = figures or InboxFigures()
    share = known.received / per_day if per_day else 0.0
    today = tr("{count} of {most}").format(count=number(known.received), most=number(per_day))
    delay = none
    if known.delay_p50 is not None and known.delay_p95 is not None:
        delay = f"{delay_words(known.delay_p50)} / {delay_words(known.delay_p95)}"
    return (
        _listener_cell(listening, now, zone),
        _address_cell(listening, public, is_demo=is_demo),
        Cell(
            key="last",
            name=tr("Last delivery"),
            value=ago(known.last, now) if known.last else tr("never"),
            hint=exact(known.last, zone),
        ),
        Cell(
            key="today",
            name=tr("Today"),
            value=today if figures else none,
            tone="red" if share >= 1 else "amber" if share >= _FULL else "",
            hint=tr(
                "Signed deliveries, rejected ones too, of what Zoho's plan sends a day (ZOHO_WEBHOOK_DAILY_LIMIT)."
            ),
        ),
        Cell(
            key="delay",
            name=tr("Delay p50 / p95"),
            value=delay,
            hint=tr("From the delivery to the end of its work: of half of today's, and of 95 of 100."),
        ),
        Cell(
            key="waiting",
            name=tr("Waiting"),
            value=number(known.waiting) if figures else none,
            tone="blue" if known.waiting else "",
            hint=tr("Deliveries whose work is not done yet."),
        ),
        Cell(
            key="refused",
            name=tr("Rejected"),
            value=number(known.refused) if figures else none,
            tone="red" if known.refused else "",
            hint=tr("Refused today: their signature does not match. Open one to see why."),
        ),
    )


def _listener_cell(listening: Listening | None, now: datetime, zone: str) -> Cell:
    name = tr("Listener")
    if listening is None:
        return Cell(key="listener", name=name, value=tr("asking…"))
    if not listening.is_up:
        return Cell(key="listener", name=name, value=tr("Down"), tone="red", hint=listening.advice)
    hint = exact(listening.since, zone)
    if not listening.has_database:
        return Cell(key="listener", name=name, value=tr("Up, no database"), tone="amber", hint=hint)
    value = tr("Up since {time}").format(time=clock(listening.since, now)) if listening.since else tr("Up")
    return Cell(key="listener", name=name, value=value, tone="green", hint=hint)


def _address_cell(listening: Listening | None, public: str, *, is_demo: bool) -> Cell:
    here = listening.address if listening else ""
    value = public or here or "–"
    if is_demo:
        hint = tr("The simulated Zoho calls it, on this computer.")
        return Cell(key="address", name=tr("Address"), value=value.removeprefix("http://"), hint=hint)
    hint = tr("Zoho calls {public}. On this computer: {here}") if public else tr("No public address is set yet: {here}")
    return Cell(
        key="address",
        name=tr("Address"),
        value=value.removeprefix("https://").removeprefix("http://"),
        tone="" if public else "amber",
        hint=hint.format(public=public, here=here or "–"),
    )


def delay_words(seconds: float) -> str:
    """Return a delay with as many digits as matter."""
    if seconds < 1:
        return tr("{milliseconds} ms").format(milliseconds=number(max(1, round(seconds * 1000))))
    if seconds < 10:
        return tr("{seconds} s").format(seconds=number(round(seconds, 1)))
    return span(seconds)


def paused_problem(waiting: int) -> Problem:
    """Return the words while processing is paused."""
    return Problem(
        title=tr("Processing is paused"),
        meaning=tr(
            "Deliveries are still taken in and kept; %Ln wait until you resume.",
            None,
            waiting,
        ),
        tone="blue",
    )


def refused_problem(found: Refusals, now: datetime) -> Problem | None:
    """Return the words while signed deliveries are refused, None while none is."""
    if found.newest is None or found.since is None:
        return None
    since = tr("%Ln since {time}.", None, found.count).format(time=clock(found.since, now))
    return Problem(
        title=tr("A delivery was refused: signature does not match"),
        meaning=f"{since} {tr('Changes are still fetched by polling.')} {tr(found.cause)}.",
        tone="amber",
    )


@dataclass(frozen=True, slots=True)
class Reason:
    """A usual reason why nothing comes in; *is_settled* when it cannot be that."""

    words: str
    is_settled: bool = False


def empty_words(
    wanted: InboxFilter, *, is_up: bool, has_secret: bool, public: str, closed: str = "", is_demo: bool = False
) -> tuple[str, tuple[Reason, ...]]:
    """Return why the list is empty: a heading and the usual reasons, in the order a delivery meets them.

    *closed* says why the secrets cannot be read: then nobody knows whether there is one.
    """
    if wanted.is_narrow:
        return tr("No delivery matches."), (Reason(tr("Deliveries are kept for 30 days.")),)
    if is_demo:
        return tr("Waiting for the first delivery."), (
            _running(is_up=is_up),
            Reason(tr("The simulated Zoho learns the listener's address and secret as it starts."), is_settled=True),
            Reason(tr("Nothing has changed in the simulated Zoho since: let it change something.")),
        )
    if closed and not has_secret:
        address = Reason(
            tr("Whether a secret is set is not known: {why}. Open the file of secrets first.").format(
                why=closed.partition(". ")[0].rstrip(".")
            )
        )
    elif not has_secret:
        address = Reason(tr("No secret is set here: make one, and enter it in Zoho's webhooks with the address."))
    elif not public:
        address = Reason(tr("Zoho does not know the address yet: enter it in Zoho's webhooks, with the secret."))
    else:
        address = Reason(tr("Address and secret are set here; Zoho's webhooks need the same ones."), is_settled=True)
    return tr("Waiting for the first delivery."), (
        _running(is_up=is_up),
        address,
        Reason(tr("No workflow rule in Zoho calls the webhook yet, or nothing has changed since it does.")),
    )


def _running(*, is_up: bool) -> Reason:
    if is_up:
        return Reason(tr("The listener runs here."), is_settled=True)
    return Reason(tr("The listener is not running here: start it, and leave it running."))
