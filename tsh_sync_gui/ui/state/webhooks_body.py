"""A delivery's body as it is shown: read once, off the interface's thread, and no longer than people read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from tsh_sync_gui.core.log import redact
from tsh_sync_gui.engine.ports.inbox import Delivery
from tsh_sync_gui.ui.state.dead_letters_payload import Node, payload_tree
from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.state.webhooks_detail import body_text, document_of

_LONGEST: Final = 200_000


@dataclass(frozen=True, slots=True)
class Body:
    """The body as text and, where it is a document, as the nodes of a tree."""

    text: str = ""
    nodes: tuple[Node, ...] = ()

    @property
    def is_document(self) -> bool:
        """Tell whether there is a tree to show."""
        return bool(self.nodes)


def body_of(delivery: Delivery) -> Body:
    """Return the body without its secrets; a million bytes take most of a second."""
    document = document_of(delivery)
    text = redact(body_text(delivery))
    if len(text) > _LONGEST:
        whole = tr("({bytes} bytes in all)").format(bytes=number(len(delivery.body)))
        text = f"{text[:_LONGEST]}… {whole}"
    return Body(text, payload_tree(redact(json.dumps(document))) if document is not None else ())
