"""What the schedule is said to cost in the set-up."""

from tsh_sync_gui.bootstrap.setup.values import ScheduleCost
from tsh_sync_gui.ui.wizard.state.limits import cost_rows, cost_sum


def cost(calls, *, at_least=False):
    return ScheduleCost(entity="products", title="Products", minutes=30, calls_per_day=calls, at_least=at_least)


def test_a_cost_whose_list_nobody_has_counted_is_the_least_and_so_is_the_sum():
    costs = [cost(96, at_least=True), cost(48)]

    rows = cost_rows(costs)

    assert [row.cells[2].text.strip("\u200e") for row in rows] == ["96+", "48", "144+"]
    assert cost_sum(costs, 1000).text.startswith("The schedule takes at least 144 of 1,000 calls a day (14 %)")
    assert cost_sum(costs[1:], 1000).text == "The schedule takes about 48 of 1,000 calls a day (5 %)."
