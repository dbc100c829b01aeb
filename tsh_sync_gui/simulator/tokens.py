"""Tokens that carry their own proof: what they look like, and what can be read from one."""

import hashlib
import hmac
import secrets

_KEY = b"the simulator signs its tokens so that they outlive a restart"


def code() -> str:
    """Return a new authorization code."""
    return f"1000.{secrets.token_hex(16)}.{secrets.token_hex(16)}"


def refresh_token() -> str:
    """Return a new refresh token."""
    middle = secrets.token_hex(16)
    return f"1000.{middle}.{_signature('refresh', middle)}"


def access_token(key: str, ends: int) -> str:
    """Return a new access token that is drawn on the refresh token of *key* and ends at a millisecond."""
    middle = f"{ends:012x}{key}{secrets.token_hex(2)}"
    return f"1000.{middle}.{_signature('access', middle)}"


def is_refresh_token(token: str) -> bool:
    """Say whether a refresh token was made here."""
    return _is_ours("refresh", token)


def read_access_token(token: str) -> tuple[str, int] | None:
    """Return key and end of an access token that was made here, else None."""
    if not _is_ours("access", token):
        return None
    middle = token.split(".")[1]
    return middle[12:32], int(middle[:12], 16)


def has_three_parts(token: str) -> bool:
    """Say whether a token looks like one of Zoho's."""
    parts = token.split(".")
    return len(parts) == 3 and all(parts)


def short(token: str) -> str:
    """Return the hash that a token is known by."""
    return hashlib.sha256(token.encode()).hexdigest()[:20]


def _is_ours(kind: str, token: str) -> bool:
    if not has_three_parts(token):
        return False
    _, middle, last = token.split(".")
    return hmac.compare_digest(last.encode(), _signature(kind, middle).encode())


def _signature(kind: str, middle: str) -> str:
    return hmac.new(_KEY, f"{kind}:{middle}".encode(), hashlib.sha256).hexdigest()[:32]
