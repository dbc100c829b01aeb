"""What a webhook delivery says, whatever form its body has (design.md 6, zoho-api.md 6).

JSON of an event (`event_type`, `data`), Zoho's default payload (`{"item": {…}}`), form fields, a form's `JSONString`,
and raw texts that a person wrote. Ids may be numbers beyond what a double holds and stay exact.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final

import msgspec

from tsh_sync_gui.core.values import parse_stamp
from tsh_sync_gui.engine.ports.inbox import Change, Delivery, Hint
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.zoho.webhooks import form_fields, is_form, storable

LONGEST: Final = 1_048_576
_DOCUMENT: Final = "jsonstring"
_EVENTS: Final = ("event_type", "event", "event_name", "action", "operation", "trigger")
_MODULES: Final = ("entity", "module", "resource", "entity_type", "object")
_ENVELOPES: Final = ("data", "payload", "record", "body")
_ORGANIZATIONS: Final = ("organization_id", "org_id", "organization")
_PLAIN_IDS: Final = ("id", "record_id", "zoho_id", "entity_id")
_CHANGES: Final = (
    (re.compile(r"delet|remov"), Change.DELETED),
    (re.compile(r"creat|add|new|insert"), Change.CREATED),
    (re.compile(r"updat|edit|chang|modif|status|mark"), Change.UPDATED),
)
_ID: Final = re.compile(r"[0-9]{1,25}")
_LONE_ID: Final = re.compile(r"(?<![0-9])[0-9]{12,25}(?![0-9])")
_PAIR: Final = re.compile(r"""["']?([A-Za-z][\w .]{0,60}?)["']?\s*[:=]\s*["']?([^"'\r\n,;&]{0,200})""")
_RAW: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANY: Final = msgspec.json.Decoder()

Members = Mapping[str, msgspec.Raw]


class BodyError(ValueError):
    """A body that cannot be read; the text says why in words."""


def understand(delivery: Delivery, registry: Registry) -> Hint:
    """Return what *delivery* says; BodyError when its body cannot be read as any of the known forms.

    A body that is whole and names nothing we keep gives a Hint without an entity.
    """
    members, flat = _read(delivery)
    return _hint(members, flat, delivery, registry)


def is_test(delivery: Delivery) -> bool:
    """Tell whether the body is `{"test": true}` and nothing else, which needs no signature."""
    if len(delivery.body) > 100:
        return False
    try:
        return bool(_ANY.decode(delivery.body) == {"test": True})
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _read(delivery: Delivery) -> tuple[Members, dict[str, str]]:
    """Return the body's document, and the texts beside it: the address's parameters and form fields."""
    flat = _flat(delivery.query)
    if not delivery.body.strip():
        if not flat:
            raise BodyError("The body is empty")
        return {}, flat
    if is_form(delivery):
        fields = form_fields(delivery)
        documents = [value for key, value in fields if _plain(key) == _DOCUMENT]
        if len(documents) > 1:
            raise BodyError("The form has more than one JSONString")
        flat |= {key: value for key, value in _flat(fields).items() if key != _DOCUMENT}
        if documents:
            return _members(documents[0].encode("utf-8", "surrogateescape"), "The form's JSONString"), flat
        if not fields:
            raise BodyError("The form has no readable fields")
        return {}, flat
    head = delivery.body.lstrip()[:1]
    if head in (b"{", b"[", b'"'):
        return _members(delivery.body, "The body"), flat
    return {}, flat | _from_text(delivery.body)


def _flat(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return parameters or fields by their plain keys; what is not UTF-8 in them can be neither kept nor told."""
    return {_plain(storable(key)): storable(value) for key, value in pairs}


def _members(text: bytes, what: str) -> Members:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        raise BodyError(f"{what} is not UTF-8") from None
    try:
        return _RAW.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        if text.lstrip()[:1] == b"{" and "validation" not in type(error).__name__.lower():
            found = _from_template(text)
            if found:
                return found
        raise BodyError(f"{what} is no JSON object: {_short(error)}") from None


def _from_template(text: bytes) -> Members:
    """Return what a person's own template says whose values Zoho filled in without quotes, none when it is unclear."""
    flat = _from_text(text)
    if not any(_ID.fullmatch(value) for value in flat.values()):
        return {}
    return {key: msgspec.Raw(msgspec.json.encode(value)) for key, value in flat.items()}


def _from_text(body: bytes) -> dict[str, str]:
    """Return the pairs of a text that a person wrote, or its only long number as the id."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise BodyError("The body is not UTF-8") from None
    pairs = {_plain(found[1]): found[2].strip() for found in _PAIR.finditer(text[:20_000])}
    if pairs:
        return pairs
    numbers = set(_LONE_ID.findall(text[:20_000]))
    if len(numbers) == 1:
        return {"id": numbers.pop()}
    raise BodyError("The body is neither JSON nor a form, and names no record")


def _hint(members: Members, flat: dict[str, str], delivery: Delivery, registry: Registry) -> Hint:
    event = _first(members, flat, _EVENTS)
    organization = _organization(members, flat)
    entity, record = _find(members, flat, delivery, registry, event)
    if entity is None:
        lone = members.get("payload")
        is_probe = lone is not None and len(members) == 1 and bytes(lone) in (b'""', b"null", b"{}")
        is_ping = is_probe or (set(members) == {"test"} and bytes(members["test"]) == b"true")
        return Hint(event=event[:100], organization_id=organization, is_ping=is_ping)
    inside = _opened(record) if record is not None else {}
    organization = organization or _organization(inside, {})
    record_id = _record_id(entity, inside, members, flat)
    return Hint(
        entity=entity.name,
        record_id=record_id,
        change=_change(event, delivery.address),
        event=event[:100],
        organization_id=organization,
        record=bytes(record) if record is not None and record_id else None,
        modified_at=_modified(entity, inside, flat),
    )


def _organization(members: Members, flat: Mapping[str, str]) -> str:
    """Return the organization's id; a name in its place, as a person's own template may have it, says nothing."""
    for key in _ORGANIZATIONS:
        if (key in members or key in flat) and _ID.fullmatch(found := _first(members, flat, (key,))):
            return found
    return ""


def _find(
    members: Members, flat: dict[str, str], delivery: Delivery, registry: Registry, event: str
) -> tuple[Entity | None, msgspec.Raw | None]:
    """Return the entity and the record's text, as far as the body has it."""
    names = _names(registry)
    ids = _ids(registry)
    # A flat record may hold other records; its own id says that it is one.
    is_flat = not ids.keys().isdisjoint(members)
    wrapped = None if is_flat else _wrapped(members, names)
    told = names.get(_plain(delivery.address.rstrip("/").rpartition("/")[2]))
    told = told or names.get(_subject(event)) or names.get(_plain(_first(members, flat, _MODULES)))
    if wrapped is not None:
        entity = told if told is not None and told.walk == wrapped[0].walk else wrapped[0]
        return entity, _whole(wrapped[1])
    for envelope in () if is_flat else _ENVELOPES:
        if envelope in members and (opened := _opened(members[envelope])):
            if told is not None and not ids.keys().isdisjoint(opened):
                return told, _whole(members[envelope])
            found, record = _find(opened, {}, Delivery(address="", body=b""), registry, "")
            return told or found, record if record is not None else _whole(members[envelope])
    if told is None:
        told = _likeliest((*members, *flat), registry)
    if told is None or not members:
        return told, None
    return told, msgspec.Raw(_again(members))


def _likeliest(keys: Sequence[str], registry: Registry) -> Entity | None:
    """Return whose record has these *keys*: records name others by id, too, but have most fields of their own kind."""
    ids, own = _ids(registry), _own_keys(registry)
    given = set(keys)
    candidates = [ids[key] for key in keys if key in ids]
    return max(candidates, key=lambda entity: len(given & own[entity.name]), default=None)


@cache
def _own_keys(registry: Registry) -> dict[str, frozenset[str]]:
    return {entity.name: frozenset(key for field in entity.fields for key in field.keys) for entity in registry}


def _wrapped(members: Members, names: Mapping[str, Entity]) -> tuple[Entity, msgspec.Raw] | None:
    """Return the first record that stands under the word for its kind."""
    for key, value in members.items():
        found = names.get(_plain(key))
        if found is not None and _opened(value):
            return found, value
    return None


def _whole(text: msgspec.Raw) -> msgspec.Raw:
    """Return a record's text; one that stands as JSON inside a JSON string is taken out of it."""
    content = bytes(text)
    return msgspec.Raw(_ANY.decode(content).encode()) if content[:1] == b'"' else text


def _again(members: Members) -> bytes:
    return msgspec.json.encode(dict(members))


def _opened(text: msgspec.Raw) -> Members:
    content = bytes(text)
    try:
        if content[:1] == b'"':
            inner = _ANY.decode(content)
            content = inner.encode("utf-8", "replace")
        return _RAW.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return {}


@cache
def _names(registry: Registry) -> dict[str, Entity]:
    """Return the entities by every word that Zoho and we have for them; of several the first."""
    found: dict[str, Entity] = {}
    for entity in registry:
        own = [entity.name, entity.zoho, entity.route, entity.one, *(word for api in entity.apis for word in _of(api))]
        for word in own:
            plain = _plain(word)
            for one in (plain, plain.removesuffix("s"), plain.replace("_", "")):
                found.setdefault(one, entity)
        # A payment's list has another name than its record; its singular is a name, too.
        found.setdefault(entity.zoho.removesuffix("s"), entity)
    for word in _ENVELOPES:
        found.pop(word, None)
    return found


def _of(api: Any) -> tuple[str, str]:
    return api.record, api.records


@cache
def _ids(registry: Registry) -> dict[str, Entity]:
    found: dict[str, Entity] = {}
    for entity in registry:
        found.setdefault(entity.pull.id, entity)
    return found


def _record_id(entity: Entity, record: Members, members: Members, flat: dict[str, str]) -> str:
    own = (entity.pull.id, *(f"{api.record}_id" for api in entity.apis), f"{_plain(entity.one)}_id")
    keys = (*dict.fromkeys(own), *_PLAIN_IDS)
    for place in (record, members):
        # Most records name their id first and as it is; a look at all their keys is for those that do not.
        if keys[0] in place and (found := _text(place[keys[0]])):
            return _checked(found)
        plain = {_plain(key): value for key, value in place.items()}
        for key in keys:
            if key in plain and (found := _text(plain[key])):
                return _checked(found)
    return _checked(next((flat[key] for key in keys if flat.get(key)), ""))


def _checked(text: str) -> str:
    text = text.strip()
    if text and not _ID.fullmatch(text):
        raise BodyError(f"The record's id “{text[:40]}” is not a number of at most 25 digits")
    return text


def _modified(entity: Entity, record: Members, flat: dict[str, str]) -> datetime | None:
    for key in entity.pull.modified:
        text = _text(record[key]) if key in record else flat.get(key, "")
        try:
            return parse_stamp(text)
        except (ValueError, OverflowError):
            continue
    return None


@lru_cache(maxsize=1024)
def _change(event: str, address: str) -> Change:
    for text in (event.lower(), address.lower()):
        for pattern, change in _CHANGES:
            if pattern.search(text):
                return change
    return Change.UNKNOWN


@lru_cache(maxsize=1024)
def _subject(event: str) -> str:
    """Return the word for the entity in an event's name: `item` of `item_created`, `items.created`, `item created`."""
    return _plain(re.split(r"[._\s:/-]+(?=[a-z]+$)", event.strip().lower())[0])


def _first(members: Members, flat: Mapping[str, str], keys: tuple[str, ...]) -> str:
    for key in keys:
        if key in members and (found := _text(members[key])):
            return found
        if flat.get(key):
            return flat[key]
    return ""


def _text(value: msgspec.Raw) -> str:
    """Return a JSON text or whole number as text, exactly; empty for anything else."""
    content = bytes(value).strip()
    if content[:1] == b'"':
        found = _ANY.decode(content)
        return found.strip() if isinstance(found, str) else ""
    text = content.decode("ascii", "replace")
    return text if re.fullmatch(r"-?[0-9]{1,40}", text) else ""


@lru_cache(maxsize=4096)
def _plain(word: str) -> str:
    """Return a key or word as it is compared: the last part of `Contacts.Customer ID` as `customer_id`."""
    return re.sub(r"[\s-]+", "_", word.rpartition(".")[2].strip().lower())


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:120]
