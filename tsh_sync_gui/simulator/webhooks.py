"""What a webhook is: where it goes, for which events, in which form, and how it proves where it comes from.

zoho-api.md 6. Zoho keeps this in two places, a workflow rule (which events) and an action (the rest).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from ipaddress import ip_address
from typing import Any, Self
from urllib.parse import urlsplit

FORMS = ("default", "event", "form", "form_json", "raw")
METHODS = ("POST", "PUT", "DELETE")
DIGESTS = ("hex", "base64")
EVENTS = ("created", "edited", "deleted")
_EVENT_WORDS = {"created": "created", "edited": "updated", "deleted": "deleted"}
_SAME_EVENTS = {"updated": ("edited",), "created_or_edited": ("created", "edited")}
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook; raises ValueError saying what is wrong with a field."""

    id: str
    url: str
    name: str = ""
    events: tuple[str, ...] = ("*",)
    """Patterns of `<module>.<event>`, such as `item.created`, `item.*`, `*.deleted`; none: no rule refers to it."""
    form: str = "default"
    method: str = "POST"
    secret: str = field(default="", repr=False)
    sign: bool = True
    """Sign with the secret, if there is one."""
    digest: str = "hex"
    secret_header: str = ""
    """Send the secret as it is, in a header of this name, instead of a signature."""
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    """What `form` sends; none: all single values of the document."""
    template: str = "${JSONString}"
    """What `raw` sends."""
    content_type: str = ""
    """Instead of what the form has."""
    numeric_ids: bool = False
    """Ids in JSON are numbers."""
    organization_id: str = ""
    """Put beside the record in the default form, as a number."""
    event_words: Mapping[str, str] = field(default_factory=lambda: dict(_EVENT_WORDS))
    """What `event` says behind `item_`."""

    def __post_init__(self) -> None:
        """Raise ValueError naming a value that can't be."""
        check_address(self.url)
        for name, choices in (("form", FORMS), ("method", METHODS), ("digest", DIGESTS)):
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} must be one of {', '.join(choices)}, not {getattr(self, name)!r}")
        for name, value in (*self.headers, *([(self.secret_header, self.secret)] if self.secret_header else [])):
            if not _HEADER.fullmatch(name) or not value.isprintable():
                raise ValueError(f"{name!r} cannot be a header with one line of text")
        if self.secret_header and not self.secret:
            raise ValueError("secret_header needs a secret")
        if not self.secret.isascii():
            raise ValueError("secret must be ASCII")
        if self.organization_id and not (self.organization_id.isascii() and self.organization_id.isdigit()):
            raise ValueError(f"organization_id must be a number, not {self.organization_id!r}")

    @classmethod
    def of(cls, value: Any, identifier: str) -> Self:
        """Return the webhook that JSON describes; *identifier* is its id unless it gives one."""
        if not isinstance(value, Mapping):
            raise ValueError(f"a webhook must be an object, not {value!r}")  # noqa: TRY004 - turned into words
        given = dict(value)
        known = {one.name for one in fields(cls)}
        if unknown := given.keys() - known - {"module"}:
            raise ValueError(
                f"a webhook has no field {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}"
            )
        if "url" not in given:
            raise ValueError("a webhook needs a url")
        given["events"] = _patterns(given.get("events"), str(given.pop("module", "") or ""))
        for name in ("query", "headers", "fields"):
            given[name] = _pairs(name, given.get(name, ()))
        given["event_words"] = {**_EVENT_WORDS, **dict(_pairs("event_words", given.get("event_words", ())))}
        given["id"] = str(given.get("id") or identifier)
        for name, kind in (("sign", bool), ("numeric_ids", bool), *((name, str) for name in _texts())):
            if name in given and not isinstance(given[name], kind):
                raise ValueError(f"{name} must be {'true or false' if kind is bool else 'a text'}, not {given[name]!r}")
        return cls(**given)

    def wants(self, module: str, event: str) -> bool:
        """Say whether a rule lets this webhook go for an event."""
        return any(fnmatchcase(f"{module}.{event}", pattern) for pattern in self.events)

    def as_json(self, *, with_secret: bool = False) -> dict[str, Any]:
        """Return what `of` takes; the secret only when asked for."""
        made = {one.name: getattr(self, one.name) for one in fields(self)}
        for name in ("query", "headers", "fields"):
            made[name] = [list(pair) for pair in made[name]]
        made["events"] = list(self.events)
        made["event_words"] = dict(self.event_words)
        if not with_secret:
            made["secret"] = "set" if self.secret else ""
        return made


def check_address(url: str) -> None:
    """Raise ValueError unless *url* leads to this machine: made-up data goes nowhere else."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is no address: {error}") from None
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise ValueError(f"{url!r} is no http or https address")
    if parts.username is not None:
        raise ValueError("an address with a user name is not taken; use a header or the query")
    if host != "localhost" and not _is_loopback(host):
        raise ValueError(
            f"the simulator sends only to this machine (localhost, 127.0.0.1, ::1), not to {host}: its data are made up"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _texts() -> tuple[str, ...]:
    left_out = {"id", "events", "sign", "numeric_ids", "query", "headers", "fields", "event_words"}
    return tuple(one.name for one in fields(Webhook) if one.name not in left_out)


def _patterns(given: Any, module: str) -> tuple[str, ...]:
    """Return event patterns; a bare event is one of *module*, or of every module."""
    if given is None:
        return (f"{_singular(module)}.*",) if module else ("*",)
    given = [given] if isinstance(given, str) else given
    if not isinstance(given, Sequence) or not all(isinstance(one, str) and one for one in given):
        raise ValueError(f"events must be a list of texts such as item.created, not {given!r}")
    made: list[str] = []
    for one in given:
        name, dot, event = one.rpartition(".")
        if not dot and one == "*" and not module:
            made.append("*")
            continue
        name = _singular(name or module) or "*"
        if event != "*" and event not in EVENTS and event not in _SAME_EVENTS:
            raise ValueError(f"{one!r} is no event; they are {', '.join(f'<module>.{word}' for word in EVENTS)}")
        made += [f"{name}.{same}" for same in _SAME_EVENTS.get(event, (event,))]
    return tuple(dict.fromkeys(made))


def _singular(module: str) -> str:
    return module.removesuffix("s")


def _pairs(name: str, given: Any) -> tuple[tuple[str, str], ...]:
    pairs = list(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(pairs, Sequence) or isinstance(pairs, str):
        raise ValueError(f"{name} must be an object, or a list of pairs")  # noqa: TRY004 - turned into words
    made = [tuple(pair) if isinstance(pair, list | tuple) else () for pair in pairs]
    if not all(len(pair) == 2 and all(isinstance(text, str) for text in pair) for pair in made):
        raise ValueError(f"{name} must hold texts")
    return tuple((pair[0], pair[1]) for pair in made)
