"""How a table is looked at: order, filters and search, as kept between starts and under a name."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final

import msgspec


class TableView(msgspec.Struct, frozen=True, kw_only=True):
    """One way to look at a table. *header* holds widths, places and hidden columns as Qt writes them, in Base64."""

    header: str = ""
    filters: dict[str, str] = {}
    order: tuple[tuple[str, bool], ...] = ()
    search: str = ""

    @property
    def header_bytes(self) -> bytes:
        """Return *header* as Qt takes it; empty where it is damaged."""
        try:
            return base64.b64decode(self.header, validate=True)
        except binascii.Error:
            return b""


def header_text(state: bytes) -> str:
    """Return what Qt wrote as text that stands in a settings file."""
    return base64.b64encode(state).decode()


_VIEW: Final[msgspec.json.Decoder[TableView]] = msgspec.json.Decoder(TableView)
_VIEWS: Final[msgspec.json.Decoder[dict[str, TableView]]] = msgspec.json.Decoder(dict[str, TableView])


def encoded(view: TableView | Mapping[str, TableView]) -> str:
    """Return a view, or views by name, as kept."""
    return msgspec.json.encode(view).decode()


def decoded_view(text: object) -> TableView | None:
    """Return a kept view; None for none or a damaged one."""
    try:
        return _VIEW.decode(str(text)) if text else None
    except msgspec.DecodeError:
        return None


def decoded_views(text: object) -> dict[str, TableView]:
    """Return kept views by name; damaged ones are none."""
    try:
        return _VIEWS.decode(str(text)) if text else {}
    except msgspec.DecodeError:
        return {}
