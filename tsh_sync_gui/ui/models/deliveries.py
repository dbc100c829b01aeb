"""Webhook deliveries page by page, newest first; new ones come in at the top."""

from __future__ import annotations

from collections.abc import Sequence

from tsh_sync_gui.ui.models.paged import PagedModel
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.webhooks_rows import DeliveryRow


class DeliveryModel(PagedModel[DeliveryRow]):
    """Holds the deliveries read so far and what is marked."""

    def __init__(self, columns: Sequence[Column[DeliveryRow]]) -> None:
        super().__init__(columns, lambda row: tr("delivery {number}").format(number=row.key))
