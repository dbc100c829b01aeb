"""Dead letters page by page."""

from __future__ import annotations

from collections.abc import Sequence

from tsh_sync_gui.ui.models.paged import PagedModel
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.dead_letters_rows import LetterRow, record_words


class LetterModel(PagedModel[LetterRow]):
    """Holds the letters read so far and what is marked."""

    def __init__(self, columns: Sequence[Column[LetterRow]]) -> None:
        super().__init__(columns, lambda row: record_words(row.letter))
