"""A list that ignores its time filter is walked as one that has none (design.md 5, What the engine does)."""

from __future__ import annotations

from dataclasses import replace

from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import ListOrder


def without_filter(plan: WalkPlan) -> WalkPlan:
    """Return *plan* for a list without a time filter: newest changes first where it sorts by change, else all."""
    order = ListOrder.NEWEST if plan.api.change_sort else ListOrder.FULL
    return replace(plan, order=order, since=None, stop=plan.since if order is ListOrder.NEWEST else None)
