"""Columns share the width of their table: some give way, some take what is left."""

import pytest

from tsh_sync_gui.ui.state.column_fit import widths
from tsh_sync_gui.ui.state.columns import Column


def column(key, **fit):
    return Column(key=key, title=key, text=str, value=str, **fit)


COLUMNS = (column("cause", grows=3), column("count"), column("entity", yields=1, grows=1), column("age", yields=2))
LEAST = (100, 50, 80, 60)


@pytest.mark.parametrize(
    ("room", "found"),
    [
        (290, (100, 50, 80, 60)),
        (330, (130, 50, 90, 60)),
        (289, (144, 50, 95, 0)),
        (200, (150, 50, 0, 0)),
        (90, (100, 50, 0, 0)),
    ],
)
def test_what_yields_most_gives_way_first_and_what_grows_takes_the_rest(room, found):
    assert widths(COLUMNS, LEAST, room) == found
