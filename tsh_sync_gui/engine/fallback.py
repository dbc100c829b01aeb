"""What a walk falls back on: without a time filter that is ignored, by the entity's other product (design.md 5)."""

from __future__ import annotations

from dataclasses import replace

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.engine.absence import Absences
from tsh_sync_gui.engine.plan import WalkPlan, serves, usable_api
from tsh_sync_gui.engine.ports import ListOrder


def without_filter(plan: WalkPlan) -> WalkPlan:
    """Return *plan* for a list without a time filter: newest changes first where it sorts by change, else all."""
    order = ListOrder.NEWEST if plan.api.change_sort else ListOrder.FULL
    return replace(plan, order=order, since=None, stop=plan.since if order is ListOrder.NEWEST else None)


async def by_other_product(plan: WalkPlan, error: SyncError, absences: Absences) -> WalkPlan:
    """Return *plan* by the leader's other product, after this one said that it knows no such list or organization.

    The members that the other product does not serve are left out. Raises *error* where there is no other.
    """
    leader, api = plan.leader, plan.api
    if not any(one != api and one.product in plan.products for one in leader.apis):
        raise error
    await absences.note(api, api.path, leader)
    other = usable_api(leader, plan.products, absences.all)
    if other is None:
        raise error
    return replace(plan, api=other, members=tuple(one for one in plan.members if serves(one, other)))
