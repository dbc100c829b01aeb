"""The limits step: the form with its hints and faults, and what the schedule costs a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tsh_sync_gui.bootstrap.setup.values import LimitsForm, PlanQuota, ScheduleCost
from tsh_sync_gui.ui.state.settings_form import fault
from tsh_sync_gui.ui.state.texts import number, span, tr
from tsh_sync_gui.ui.wizard.state.cells import Cell, Row

FIELDS: Final = ("per_day", "per_minute", "batch_size", "concurrency")
_TIGHT: Final = 0.8
_LEFT_TO_RIGHT: Final = "\u200e"


@dataclass(frozen=True, slots=True)
class Sum:
    """What the schedule costs against the quota."""

    text: str
    share: float
    tone: str


def field_texts() -> Mapping[str, tuple[str, str]]:
    """Return each field's title and plain hint."""
    return {
        "per_day": (tr("Calls per day"), tr("Your plan's daily quota. Zoho's own figure corrects it.")),
        "per_minute": (tr("Calls per minute"), tr("20 is gentle. Zoho blocks an organization at 100.")),
        "batch_size": (tr("Records per page"), tr("200 is Zoho's maximum and the cheapest.")),
        "concurrency": (tr("Calls at once"), tr("Zoho allows 5 on the free plan, 10 on paid plans.")),
    }


def read_form(texts: Mapping[str, str]) -> tuple[LimitsForm | None, dict[str, str]]:
    """Return the limits that *texts* mean, or what is wrong, by field."""
    faults = {name: words for name in FIELDS if (words := _fault(name, texts.get(name, "")))}
    if faults:
        return None, faults
    values = {name: int(_plain(texts[name])) for name in FIELDS}
    return LimitsForm(**values), {}


def _plain(text: str) -> str:
    return text.replace(",", "").replace(" ", "").strip()


def _fault(name: str, text: str) -> str:
    return fault(name, _plain(text)) if _plain(text) else tr("A number is needed.")


def plan_of(limits: LimitsForm, plans: Sequence[PlanQuota]) -> int:
    """Return the place of the plan that fits the limits, -1 for none."""
    return next((place for place, one in enumerate(plans) if one.per_day == limits.per_day), -1)


def plan_title(plan: PlanQuota) -> str:
    """Return a plan with its quota."""
    return tr("{plan} · {calls} calls a day").format(plan=plan.title, calls=number(plan.per_day))


def cost_rows(costs: Sequence[ScheduleCost]) -> tuple[Row, ...]:
    """Return a row per entity, and the sum."""
    rows = [
        Row(
            key=one.entity,
            cells=(
                Cell(tr(one.title)),
                Cell(tr("every {time}").format(time=span(one.minutes * 60)) if one.minutes else "", tone="muted"),
                Cell(_calls((one,)), align="end"),
            ),
        )
        for one in costs
    ]
    end = Row(key="", cells=(Cell(tr("Together")), Cell(""), Cell(_calls(costs), align="end")), strong=True)
    return (*rows, end)


def _calls(costs: Sequence[ScheduleCost]) -> str:
    """Return the calls of *costs*; with a plus while nobody knows how long their lists are."""
    total = number(sum(one.calls_per_day for one in costs))
    return f"{_LEFT_TO_RIGHT}{total}+{_LEFT_TO_RIGHT}" if any(one.at_least for one in costs) else total


def cost_sum(costs: Sequence[ScheduleCost], per_day: int) -> Sum:
    """Return what the schedule takes of the day's quota."""
    total = sum(one.calls_per_day for one in costs)
    share = total / per_day if per_day else 1.0
    text = tr("The schedule takes about {calls} of {quota} calls a day ({share} %).")
    if any(one.at_least for one in costs):
        text = tr("The schedule takes at least {calls} of {quota} calls a day ({share} %); the first sync counts.")
    words = text.format(calls=number(total), quota=number(per_day), share=number(round(share * 100)))
    if share > 1:
        more = tr("That is more than there is: entities at the end of the day wait for the next one.")
        return Sum(f"{words} {more}", 1.0, "red")
    return Sum(words, share, "amber" if share > _TIGHT else "green")


def rate_warning(limits: LimitsForm) -> str:
    """Return a warning that is no fault; empty when there is none."""
    if limits.per_minute > 100:
        return tr("Zoho blocks an organization that makes more than 100 calls a minute.")
    return ""
