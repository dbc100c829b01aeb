"""Who proves nothing is borne only so often."""

from tsh_sync_gui.listener.limits import Patience


def test_one_caller_has_a_burst_and_then_a_pace():
    now = [0.0]
    patience = Patience(burst=3, per_second=1, clock=lambda: now[0])

    first = [patience.take("a") for _ in range(4)]
    now[0] = 1.0

    assert first == [0, 0, 0, 1.0]
    assert patience.take("a") == 0
    assert patience.take("b") == 0


def test_all_callers_together_have_a_bound():
    patience = Patience(burst=3, per_second=1, all_burst=5, all_per_second=1, clock=lambda: 0.0)

    waits = [patience.take(str(number)) for number in range(7)]

    assert waits[:5] == [0] * 5
    assert min(waits[5:]) > 0
