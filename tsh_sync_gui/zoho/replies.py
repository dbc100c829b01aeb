"""The shapes of Zoho's replies: an envelope with one key for the records, which stay undecoded."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from tsh_sync_gui.zoho.salvage import salvage


class PageContext(msgspec.Struct, frozen=True):
    """What a list says of its paging; lists that are not paged have none."""

    has_more_page: bool = False


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """What all replies share.

    Old throttling replies carry their code as text; the vendor's own examples put the page context into an array.
    """

    code: int | str = 0
    message: Any = ""
    page_context: PageContext | list[PageContext] | str | None = None

    @property
    def number(self) -> int:
        """Return the code as a number, -1 for a text that is none."""
        return self.code if isinstance(self.code, int) else int(self.code) if self.code.isdecimal() else -1

    @property
    def has_more(self) -> bool:
        """Tell whether another page follows; a list that is not paged has none."""
        context = (
            self.page_context[0] if isinstance(self.page_context, list) and self.page_context else self.page_context
        )
        return isinstance(context, PageContext) and context.has_more_page


class ListReply(Envelope, frozen=True, kw_only=True):
    """A reply whose *records* stand under the api's key."""

    records: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET


class RecordReply(Envelope, frozen=True, kw_only=True):
    """A reply whose single *record* stands under the api's key."""

    record: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One organization as `GET /organizations` lists it."""

    organization_id: str | int
    name: str = ""
    currency_code: str = ""
    time_zone: str = ""


class PlacesReply(Envelope, frozen=True, kw_only=True):
    """The reply of `GET /organizations`."""

    organizations: list[Place] | msgspec.UnsetType = msgspec.UNSET


AnyReply = TypeVar("AnyReply", bound=Envelope)
ENVELOPE = msgspec.json.Decoder(Envelope)
PLACES = msgspec.json.Decoder(PlacesReply)


@lru_cache(maxsize=64)
def list_decoder(key: str) -> msgspec.json.Decoder[ListReply]:
    """Return the decoder of replies with an array of records under *key*."""
    return _renamed(ListReply, "records", key)


@lru_cache(maxsize=64)
def record_decoder(key: str) -> msgspec.json.Decoder[RecordReply]:
    """Return the decoder of replies with one record under *key*."""
    return _renamed(RecordReply, "record", key)


def _renamed(base: type[AnyReply], name: str, key: str) -> msgspec.json.Decoder[AnyReply]:
    """Return a decoder of *base* whose field *name* is called *key* in the JSON."""
    kind = next(field.type for field in msgspec.structs.fields(base) if field.name == name)
    moved = (name, kind, msgspec.field(name=key, default=msgspec.UNSET))
    reply: type[AnyReply] = msgspec.defstruct(f"{base.__name__}_{key}", [moved], bases=(base,), frozen=True)  # type: ignore[assignment]  # defstruct promises a Struct only
    return msgspec.json.Decoder(reply)


def salvaged_list(kind: type[Envelope], key: str, body: bytes) -> Envelope | None:
    """Return a list reply that holds text msgspec refuses, its records cut apart; None when it is no list of JSON."""
    if not issubclass(kind, ListReply):
        return None
    try:
        found = salvage(body, key)
    except (ValueError, RecursionError):
        return None
    context = found.envelope.get("page_context")
    has_more = isinstance(context, dict) and context.get("has_more_page") is True
    return kind(
        code=str(found.envelope.get("code", "0")),
        message=found.envelope.get("message", ""),
        page_context=PageContext(has_more_page=has_more),
        records=found.records,
    )
