"""Why a delivery's signature does not match, in figures and words: what was tried, where it differs, the likely cause.

A person sees of each signature that was computed its first characters only, so that none can be used.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus

from pydantic import SecretStr

from tsh_sync_gui.engine.ports.inbox import Delivery, Diagnosis

_SHOWN: Final = 8
_LONGEST_KEY: Final = 100
# To write a longer body anew would keep good deliveries waiting, also from another thread.
_LONGEST_ANEW: Final = 65_536
_OTHER_DIGESTS: Final = {16: "MD5", 20: "SHA-1", 48: "SHA-384", 64: "SHA-512"}
_RIGHT_LENGTH: Final = 32

Pairs = Sequence[tuple[str, str]]

NO_SECRET: Final = (
    "No webhook secret is set here",
    "Enter in ZOHO_WEBHOOK_SECRET the secret token that the webhook has in Zoho.",
)
NO_HEADER: Final = (
    "The delivery has no signature",
    "In Zoho, open the webhook and give it the secret token that is set here; only then does Zoho sign.",
)

NO_MATCH: Final = (
    "No scheme matches: the secrets differ, or the body was changed on the way",
    "Where others are accepted, let the proxy pass bodies through untouched; else enter a new secret on both sides.",
)


class _Mistake(NamedTuple):
    """A way in which senders and secrets are known to go wrong; *text* is what they sign then."""

    scheme: str
    text: bytes
    cause: str
    advice: str


def diagnose(
    delivery: Delivery,
    given: str,
    known: Sequence[SecretStr],
    expired: Sequence[SecretStr],
    *,
    digest: bytes,
    expected: bytes,
    fields: Pairs,
) -> Diagnosis:
    """Return why *given* is no signature of *delivery*; *expected* is what should have been signed."""
    words = _plain_fault(given, known, digest)
    holds_secret = any(one.get_secret_value() in given for one in (*known, *expired))
    # What is no digest may be a secret, if another one than here: nothing of it is shown.
    tried = (
        [] if holds_secret or not digest else [_attempt("as documented", one, expected, given, digest) for one in known]
    )
    if words is None:
        found, more = _wrong_text(_mistakes(delivery, fields), known, given, digest)
        tried += more
        words = _wrong_secret(known, expired, expected, digest) or found
    if words is None:
        words = NO_MATCH
    return {
        "title": "Signature does not match" if given else "No signature",
        "cause": words[0],
        "advice": words[1],
        "header": {"present": bool(given), "length": len(given), "encoding": _encoding(given, digest)},
        "tried": tried,
        "parameters": [_named(key) for key, _ in (*delivery.query, *fields)[:50]],
        "body_bytes": len(delivery.body),
    }


def diagnose_header(given: str, known: Sequence[SecretStr], expired: Sequence[SecretStr], *, header: str) -> Diagnosis:
    """Return why the organization's own *header* does not carry the secret."""
    stripped = given.strip()
    if not known:
        cause, advice = NO_SECRET
    elif not given:
        cause, advice = f"The delivery has no header {header}", "In Zoho, add the header with the secret as its value."
    elif any(_same(stripped, one) for one in known):
        cause, advice = f"The value of {header} has spaces around the secret", "Remove them in Zoho."
    elif any(_same(stripped, one) for one in expired):
        cause, advice = "The secret was changed more than 24 hours ago", "Enter the new secret in Zoho."
    elif any(_same(stripped.lower(), SecretStr(one.get_secret_value().lower())) for one in known):
        cause, advice = "The secret differs in capital and small letters", "Enter it in Zoho as it is set here."
    else:
        cause, advice = f"The value of {header} is another secret", "Set the same secret in Zoho and here."
    return {
        "title": "Secret header does not match" if given else "No secret header",
        "cause": cause,
        "advice": advice,
        "header": {"present": bool(given), "length": len(given), "encoding": "secret header"},
        "tried": [],
    }


def _plain_fault(given: str, known: Sequence[SecretStr], digest: bytes) -> tuple[str, str] | None:
    """Return what can be said without computing anything."""
    if not known:
        return NO_SECRET
    if not given:
        return NO_HEADER
    if any(_same(given, one) for one in known):
        return (
            "The header holds the secret itself, not a signature",
            "In Zoho, enter the secret as the webhook's secret token; or name the header in ZOHO_WEBHOOK_HEADER.",
        )
    if digest:
        return None
    if given.lower().startswith(("sha256=", "hmac-sha256=", "v1=", "t=")):
        return (
            "The signature has a prefix that Zoho Books does not write",
            "Another service, or a gateway in between, signs these deliveries.",
        )
    if _twice(given):
        return "The signature is the Base64 of a hex text", "A gateway in between writes the header anew; remove that."
    for encoding, size in (("hex", _hex_size(given)), ("Base64", _base64_size(given))):
        if size in _OTHER_DIGESTS:
            return (
                f"The signature has the length of {_OTHER_DIGESTS[size]} in {encoding}, not of SHA-256",
                "Another service, or a gateway in between, signs these deliveries.",
            )
    return (
        "The signature has not the length of SHA-256",
        "It may have been cut off on the way: look at the proxy in front of the listener.",
    )


def _wrong_secret(
    known: Sequence[SecretStr], expired: Sequence[SecretStr], expected: bytes, digest: bytes
) -> tuple[str, str] | None:
    """Return what is wrong with the secret, where another one would fit."""
    for one in expired:
        if _matches(one.get_secret_value(), expected, digest):
            return (
                "Signed with the previous secret, whose 24 hours are over",
                "Enter the new secret in Zoho.",
            )
    for secret in known:
        for key, cause in _misspelt(secret.get_secret_value()):
            if _matches(key, expected, digest):
                return cause, "Enter the secret in Zoho again, exactly as it is set here."
    return None


def _misspelt(secret: str) -> Iterator[tuple[str, str]]:
    yield f"{secret} ", "The secret in Zoho has a space at the end"
    yield f" {secret}", "The secret in Zoho has a space at the start"
    yield f" {secret} ", "The secret in Zoho has spaces around it"
    yield f"{secret}\n", "The secret in Zoho has a line break at the end"
    yield f"{secret}\r\n", "The secret in Zoho has a line break at the end"
    yield f'"{secret}"', "The secret in Zoho stands in quotation marks"
    yield secret.lower(), "The secret in Zoho is written in small letters"
    yield secret.upper(), "The secret in Zoho is written in capital letters"
    yield base64.b64encode(secret.encode()).decode(), "The secret in Zoho is the Base64 of the one set here"


def _wrong_text(
    mistakes: Iterator[_Mistake], known: Sequence[SecretStr], given: str, digest: bytes
) -> tuple[tuple[str, str] | None, list[dict[str, Any]]]:
    """Return what else was signed in place of the right text, and all that was tried."""
    found: tuple[str, str] | None = None
    tried: list[dict[str, Any]] = []
    seen: set[bytes] = set()
    for mistake in mistakes:
        if mistake.text in seen:
            continue
        seen.add(mistake.text)
        tried += [_attempt(mistake.scheme, one, mistake.text, given, digest) for one in known]
        if found is None and any(_matches(one.get_secret_value(), mistake.text, digest) for one in known):
            found = mistake.cause, mistake.advice
    return found, tried


def _mistakes(delivery: Delivery, fields: Pairs) -> Iterator[_Mistake]:
    body, query = delivery.body, delivery.query
    gateway = "A proxy or gateway in front of the listener changes deliveries; let it pass them through untouched."
    pairs = (*query, *fields)
    yield _Mistake(
        "body alone",
        body,
        "Signed without the address's parameters",
        "Remove the parameters (what follows the “?”) from the webhook's address in Zoho.",
    )
    yield _Mistake(
        "parameters alone", _join(sorted(pairs)), "Signed without the body", "The body was added on the way. " + gateway
    )
    yield _Mistake(
        "parameters as sent",
        _join(pairs) + (b"" if fields else body),
        "The parameters were signed unsorted",
        "Use at most one parameter in the webhook's address in Zoho.",
    )
    yield _Mistake(
        "encoded form",
        _join(sorted(query)) + body,
        "The form was signed before decoding",
        "Choose “Default payload” or raw JSON as the webhook's body in Zoho.",
    )
    head = _join(sorted(query))
    yield _Mistake("body without its end", head + body.rstrip(), "The body got a line break at its end", gateway)
    if body.startswith(b"\xef\xbb\xbf"):
        yield _Mistake("body without its mark", head + body[3:], "The body got a byte order mark", gateway)
    if len(body) > _LONGEST_ANEW:
        return
    encoded = [(_encoded(key), _encoded(value)) for key, value in pairs]
    yield _Mistake(
        "encoded parameters",
        _join(sorted(encoded)) + (b"" if fields else body),
        "The parameters were signed before decoding",
        "Use letters and digits only in the parameters of the webhook's address in Zoho.",
    )
    for scheme, separators in (("JSON without spaces", (",", ":")), ("JSON with spaces", (", ", ": "))):
        if text := _written_anew(body, separators):
            yield _Mistake(scheme, head + text, "The JSON of the body was written anew on the way", gateway)


def _written_anew(body: bytes, separators: tuple[str, str]) -> bytes:
    try:
        return json.dumps(json.loads(body), separators=separators, ensure_ascii=False).encode()
    except (ValueError, RecursionError, UnicodeError):
        return b""


def _named(key: str) -> str:
    return key[:_LONGEST_KEY].encode("utf-8", "replace").decode()


def _encoded(text: str) -> str:
    return quote_plus(text, errors="surrogateescape")


def _join(pairs: Sequence[tuple[str, str]]) -> bytes:
    return "".join(key + value for key, value in pairs).encode("utf-8", "surrogateescape")


def _matches(secret: str, text: bytes, digest: bytes) -> bool:
    return hmac.compare_digest(hmac.digest(secret.encode(), text, "sha256"), digest)


def _attempt(scheme: str, secret: SecretStr, text: bytes, given: str, digest: bytes) -> dict[str, Any]:
    """Return one computed signature, written as the given one is, and where the two part."""
    found = hmac.digest(secret.get_secret_value().encode(), text, "sha256")
    encoding = _encoding(given, digest)
    written = base64.b64encode(found).decode() if encoding == "base64" else found.hex()
    shown = given if encoding == "base64" else given.lower()
    differs = next((at for at, pair in enumerate(zip(written, shown, strict=False)) if pair[0] != pair[1]), None)
    if differs is None and len(shown) < len(written):
        differs = len(shown)
    return {"scheme": scheme, "starts": written[:_SHOWN], "given": shown[:_SHOWN], "first_difference": differs}


def _encoding(given: str, digest: bytes) -> str:
    if not given:
        return "none"
    if not digest:
        return "unknown"
    return "hex" if len(given) == 2 * _RIGHT_LENGTH else "base64"


def _same(text: str, secret: SecretStr) -> bool:
    return hmac.compare_digest(text.encode("utf-8", "replace"), secret.get_secret_value().encode())


def _hex_size(text: str) -> int:
    try:
        return len(bytes.fromhex(text))
    except ValueError:
        return 0


def _base64_size(text: str) -> int:
    try:
        return len(base64.b64decode(text, validate=True))
    except ValueError:
        return 0


def _twice(text: str) -> bool:
    try:
        return len(bytes.fromhex(base64.b64decode(text, validate=True).decode("ascii"))) == _RIGHT_LENGTH
    except ValueError:
        return False
