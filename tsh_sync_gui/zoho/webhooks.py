"""Whether a webhook delivery is from Zoho: its signature on the raw bytes, or a secret header (zoho-api.md 6).

The signature is HMAC-SHA256, keyed with the secret, over key and value of the address's parameters and, for a form, of
the decoded fields, sorted by key and joined without separators, followed by the raw body where that is no form.
Documents disagree on how the digest is written, so hex and Base64 are both taken.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl

from pydantic import SecretStr

from tsh_sync_gui.core.log import DOTS
from tsh_sync_gui.engine.ports.inbox import Delivery, Diagnosis
from tsh_sync_gui.zoho.webhook_diagnosis import diagnose, diagnose_header

SIGNATURE_HEADER: Final = "x-zoho-webhook-signature"
MOST_FIELDS: Final = 2_000
_FORM: Final = "application/x-www-form-urlencoded"
_DIGEST_BYTES: Final = 32
_HEX: Final = re.compile(r"[0-9A-Fa-f]{64}")
_BASE64: Final = re.compile(r"[0-9A-Za-z+/_-]{43}=?")

Pairs = Sequence[tuple[str, str]]


def proven_by(delivery: Delivery, secrets: Sequence[SecretStr], *, header: str = "") -> str:
    """Return how *delivery* proves that who made it knows one of *secrets* (the present one first), '' for not at all.

    *header* names an organization's own header that carries the secret itself, in place of the signature. Takes the
    same time for every wrong signature.
    """
    known = _known(secrets)
    if header:
        given = delivery.headers.get(header.lower(), "")
        found = [hmac.compare_digest(given.encode(), one.get_secret_value().encode()) for one in known]
        return f"secret header{_which(found)}" if any(found) else ""
    digest, encoding = decoded(_given(delivery))
    if not digest:
        return ""
    text = material(delivery)
    matches = [hmac.compare_digest(sign(one, text), digest) for one in known]
    return f"{encoding}{_which(matches)}" if any(matches) else ""


def diagnosis_of(
    delivery: Delivery, secrets: Sequence[SecretStr], *, expired: Sequence[SecretStr] = (), header: str = ""
) -> Diagnosis:
    """Return why *delivery* is not proven, which may take a hundred times as long as to find that out.

    *expired* secrets prove nothing; they only make the diagnosis better.
    """
    known = _known(secrets)
    if header:
        return diagnose_header(delivery.headers.get(header.lower(), ""), known, expired, header=header)
    given = _given(delivery)
    digest, _ = decoded(given)
    fields = form_fields(delivery)
    return diagnose(delivery, given, known, expired, digest=digest, expected=material(delivery), fields=fields)


def to_keep(delivery: Delivery, secrets: Sequence[SecretStr], *, header: str = "") -> Delivery:
    """Return *delivery* as it may be kept: no header or parameter carries a secret, and all of it can be stored.

    Dots stand for the value of the organization's own *header*, of a signature that is none (some send a secret there),
    and wherever one of *secrets* stands. The body stays as it came: it is what was signed.
    """
    known = [one.get_secret_value() for one in _known(secrets)]
    if not delivery.query and not header:
        # Nearly all are so, and one look at all headers costs a tenth of a new delivery.
        text = "\n".join(delivery.headers.values())
        is_bare = not any(secret in text for secret in known)
        if is_bare and (SIGNATURE_HEADER not in delivery.headers or decoded(_given(delivery))[0]):
            return delivery

    def shown(text: str) -> str:
        return DOTS if any(secret in text for secret in known) else text

    headers = {name: shown(value) for name, value in delivery.headers.items()}
    if header.lower() in headers:
        headers[header.lower()] = DOTS
    if SIGNATURE_HEADER in headers and not decoded(_given(delivery))[0]:
        headers[SIGNATURE_HEADER] = DOTS
    query = tuple((storable(key), shown(storable(value))) for key, value in delivery.query)
    return replace(delivery, query=query, headers=headers)


def _known(secrets: Sequence[SecretStr]) -> list[SecretStr]:
    return [secret for secret in secrets if secret.get_secret_value()]


def _given(delivery: Delivery) -> str:
    return delivery.headers.get(SIGNATURE_HEADER, "").strip()


def sign(secret: SecretStr, text: bytes) -> bytes:
    """Return the digest of *text* under *secret*."""
    return hmac.digest(secret.get_secret_value().encode(), text, "sha256")


def material(delivery: Delivery) -> bytes:
    """Return the bytes that Zoho signs."""
    if is_form(delivery):
        return joined((*delivery.query, *form_fields(delivery)))
    return joined(delivery.query) + delivery.body


def joined(pairs: Pairs) -> bytes:
    """Return *pairs*, sorted by key, as key and value without separators."""
    ordered = sorted(pairs, key=lambda pair: pair[0])
    return "".join(key + value for key, value in ordered).encode("utf-8", "surrogateescape")


def is_form(delivery: Delivery) -> bool:
    """Tell whether the body is a form; JSON under a form's content type is none."""
    if not delivery.content_type.lower().startswith(_FORM):
        return False
    return delivery.body.lstrip()[:1] not in (b"{", b"[")


def form_fields(delivery: Delivery) -> list[tuple[str, str]]:
    """Return the decoded fields of a form, in the order they came; none for another body."""
    if not is_form(delivery):
        return []
    try:
        return parse_pairs(delivery.body)
    except ValueError:  # more fields than a delivery may have
        return []


def parse_pairs(text: bytes) -> list[tuple[str, str]]:
    """Return key and value of a query or form; what is not UTF-8 keeps its bytes. ValueError for too many."""
    return parse_qsl(
        text.decode("utf-8", "surrogateescape"),
        keep_blank_values=True,
        errors="surrogateescape",
        max_num_fields=MOST_FIELDS,
    )


def storable(text: str) -> str:
    """Return *text* of a query or form without the bytes that were not UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def decoded(given: str) -> tuple[bytes, str]:
    """Return the digest that a signature's text stands for and how it is written; empty when it is no SHA-256."""
    if _HEX.fullmatch(given):
        return bytes.fromhex(given), "hex"
    if _BASE64.fullmatch(given):
        text = given.rstrip("=").replace("-", "+").replace("_", "/")
        try:
            found = base64.b64decode(text + "=" * (-len(text) % 4))
        except binascii.Error:
            return b"", ""
        if len(found) == _DIGEST_BYTES:
            return found, "base64"
    return b"", ""


def _which(matches: Sequence[bool]) -> str:
    return "" if matches[0] else ", previous secret"
