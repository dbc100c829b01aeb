"""How the columns of a table share its width: which give way where there is no room, and which take what is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tsh_sync_gui.ui.state.columns import Column


def widths(columns: Sequence[Column[Any]], least: Sequence[int], room: int) -> tuple[int, ...]:
    """Return the width of each column in *room*, 0 for those that give way: the one that yields most goes first.

    *least* is what each needs.
    """
    shown = set(range(len(columns)))
    need = sum(least)
    for place in sorted(shown, key=lambda place: (-columns[place].yields, -place)):
        if need <= room or not columns[place].yields:
            break
        shown.discard(place)
        need -= least[place]
    found = [one if place in shown else 0 for place, one in enumerate(least)]
    growing = [place for place in shown if columns[place].grows]
    shares = sum(columns[place].grows for place in growing)
    left = max(0, room - need)
    for place in growing:
        part = left * columns[place].grows // shares
        found[place] += part
        left, shares = left - part, shares - columns[place].grows
    return tuple(found)
