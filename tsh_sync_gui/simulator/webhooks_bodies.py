"""One delivery as it goes over the wire: address, headers, body, and the signature over them (zoho-api.md 6)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tsh_sync_gui.simulator.collection import Collection, Row
from tsh_sync_gui.simulator.replies import encoded
from tsh_sync_gui.simulator.webhooks import Webhook

SIGNATURE = "X-Zoho-Webhook-Signature"
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request to a receiver."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def module_of(collection: Collection) -> str:
    """Return Zoho's word for the records of a list in rules and events, such as `salesorder`."""
    return collection.name.removesuffix("s")


def composed(webhook: Webhook, collection: Collection, event: str, document: Row) -> Outgoing:
    """Return what *webhook* sends about an event of the record whose detail is *document*."""
    record = numbered(document) if webhook.numeric_ids else document
    whole: Row = {collection.record_key: record}
    if webhook.organization_id:
        whole["organization_id"] = int(webhook.organization_id)
    words = _Words(document, whole, collection.id_key)
    pairs: list[tuple[str, str]] = []
    content_type = _JSON
    body = b""
    match webhook.form:
        case "form" | "form_json":
            content_type = _FORM
            pairs = _form(webhook, words) if webhook.form == "form" else [("JSONString", words.whole())]
            body = urlencode(pairs).encode()
        case "raw":
            text = words.filled(webhook.template)
            content_type = _JSON if text.lstrip().startswith(("{", "[")) else "text/plain"
            body = text.encode()
        case "event":
            name = f"{module_of(collection)}_{webhook.event_words.get(event, event)}"
            body = encoded({"event_type": name, "data": record})
        case _:
            body = encoded(whole)
    query = [(key, words.filled(value)) for key, value in webhook.query]
    url, asked = _address(webhook.url, query)
    headers = [
        ("Content-Type", webhook.content_type or content_type),
        *((key, _one_line(words.filled(value))) for key, value in webhook.headers),
    ]
    if webhook.secret_header:
        headers.append((webhook.secret_header, webhook.secret))
    elif webhook.secret and webhook.sign:
        signed = b"" if webhook.form in {"form", "form_json"} else body
        headers.append((SIGNATURE, signature(webhook.secret, [*asked, *pairs], signed, webhook.digest)))
    return Outgoing(webhook.method, url, tuple(headers), body)


def signature(secret: str, pairs: Iterable[tuple[str, str]], body: bytes, digest: str) -> str:
    """Return HMAC-SHA256 over the pairs, sorted by key and joined without separators, and then the raw body."""
    joined = "".join(key + value for key, value in sorted(pairs, key=lambda pair: pair[0]))
    made = hmac.new(secret.encode(), joined.encode() + body, hashlib.sha256)
    return base64.b64encode(made.digest()).decode() if digest == "base64" else made.hexdigest()


def numbered(value: Any, key: str = "") -> Any:
    """Return *value* with numbers for the digits of every id."""
    if isinstance(value, dict):
        return {name: numbered(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [numbered(part, key) for part in value]
    is_id = isinstance(value, str) and key.endswith(("_id", "_ids")) and value.isascii() and value.isdigit()
    return int(value) if is_id else value


class _Words:
    """What placeholders stand for."""

    def __init__(self, document: Row, whole: Row, id_key: str) -> None:
        self._document = document
        self._whole = whole
        self._id_key = id_key

    def whole(self) -> str:
        """Return the document as the default form sends it."""
        return encoded(self._whole).decode()

    def filled(self, template: str) -> str:
        """Return *template* with values for `${JSONString}`, `${Contacts.Customer ID}`, `${item.item_id}`."""
        return _PLACEHOLDER.sub(lambda found: self._value(found[1]), template) if "${" in template else template

    def single(self) -> list[tuple[str, str]]:
        """Return the document's single values."""
        return [(key, text_of(value)) for key, value in self._document.items() if not isinstance(value, dict | list)]

    def _value(self, name: str) -> str:
        if name == "JSONString":
            return self.whole()
        label = "_".join(name.rpartition(".")[2].casefold().split())
        if label in self._document:
            return text_of(self._document[label])
        # The form calls a contact's id Customer ID.
        is_own = label == "id" or (label, self._id_key) == ("customer_id", "contact_id")
        return text_of(self._document[self._id_key]) if is_own else ""


def text_of(value: Any) -> str:
    """Return a value as a form field holds it."""
    if isinstance(value, str):
        return value
    return encoded(value).decode()


def _form(webhook: Webhook, words: _Words) -> list[tuple[str, str]]:
    if webhook.fields:
        return [(key, words.filled(value)) for key, value in webhook.fields]
    return words.single()


def _address(url: str, query: list[tuple[str, str]]) -> tuple[str, list[tuple[str, str]]]:
    """Return the address with its query parameters, and all of those as the receiver decodes them."""
    parts = urlsplit(url)
    pairs = [*parse_qsl(parts.query, keep_blank_values=True), *query]
    joined = "&".join(text for text in (parts.query, urlencode(query)) if text)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", joined, "")), pairs


def _one_line(text: str) -> str:
    """Return *text* as a header can hold it."""
    return "".join(letter if letter.isprintable() else " " for letter in text).encode("ascii", "replace").decode()
