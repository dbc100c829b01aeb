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
from typing import Final
from urllib.parse import parse_qsl

from pydantic import SecretStr

from tsh_sync_gui.engine.ports.inbox import Delivery, Proof
from tsh_sync_gui.zoho.webhook_diagnosis import diagnose, diagnose_header

SIGNATURE_HEADER: Final = "x-zoho-webhook-signature"
MOST_FIELDS: Final = 2_000
_FORM: Final = "application/x-www-form-urlencoded"
_DIGEST_BYTES: Final = 32
_HEX: Final = re.compile(r"[0-9A-Fa-f]{64}")
_BASE64: Final = re.compile(r"[0-9A-Za-z+/_-]{43}=?")

Pairs = Sequence[tuple[str, str]]


def verify(
    delivery: Delivery, secrets: Sequence[SecretStr], *, expired: Sequence[SecretStr] = (), header: str = ""
) -> Proof:
    """Return whether *delivery* was made by who knows one of *secrets*, the present one first.

    *header* names an organization's own header that carries the secret itself, in place of the signature. *expired*
    secrets prove nothing; they only make the diagnosis better. Takes the same time for every wrong signature.
    """
    known = [secret for secret in secrets if secret.get_secret_value()]
    if header:
        given = delivery.headers.get(header.lower(), "")
        found = [hmac.compare_digest(given.encode(), one.get_secret_value().encode()) for one in known]
        if any(found):
            return Proof(ok=True, scheme=f"secret header{_which(found)}")
        return Proof(ok=False, diagnosis=diagnose_header(given, known, expired, header=header))
    given = delivery.headers.get(SIGNATURE_HEADER, "").strip()
    digest, encoding = decoded(given)
    text = material(delivery)
    matches = [hmac.compare_digest(sign(one, text), digest) for one in known]
    if digest and any(matches):
        return Proof(ok=True, scheme=f"{encoding}{_which(matches)}")
    diagnosis = diagnose(delivery, given, known, expired, digest=digest, expected=text, fields=form_fields(delivery))
    return Proof(ok=False, diagnosis=diagnosis)


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
