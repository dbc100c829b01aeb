"""What a setting's value must look like; each check says in words what is allowed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from pydantic import SecretStr

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_DATABASE_SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?|\[?[0-9A-Fa-f:.]+\]?")
_PASSWORD_OPTIONS = frozenset({"password", "sslpassword"})


def _port_fault(text: str) -> str:
    if not text or (text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535):
        return ""
    # Only a number is quoted: what else stands there may be a part of a password with a / or a ? in it.
    return "a port from 1 to 65,535" + (f" (not {text})" if text.isascii() and text.isdigit() else "")


def web_address(text: str) -> str:
    """Accept https, and http only for loopback, so that no secret leaves in the clear."""
    text = text.strip()
    allowed = "an https:// address; http:// only for 127.0.0.1 and localhost"
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:  # a bracket without its other half
        raise ValueError(allowed) from None
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ValueError(allowed)
    if "@" in parts.netloc:
        raise ValueError("an address without a user or password")
    if not _HOST.fullmatch(host):
        raise ValueError("https:// and the name of a host")
    fault = _port_fault(parts.netloc.rpartition("]")[2].partition(":")[2])
    if fault:
        raise ValueError(fault)
    if parts.query or parts.fragment:
        raise ValueError("an address without ? and #")
    return text.rstrip("/")


def optional_web_address(text: str) -> str:
    """Accept what `web_address` does, and nothing at all."""
    return web_address(text) if text.strip() else ""


def database_address(secret: SecretStr) -> SecretStr:
    """Accept libpq's form of an address, with ports that exist."""
    text = secret.get_secret_value().strip()
    if not text:
        return SecretStr("")
    if not text.startswith(_DATABASE_SCHEMES):
        raise ValueError("an address such as postgresql://user@host/name")
    place, _, name = text.partition("://")[2].partition("?")[0].partition("/")
    if "@" in name or place.count("@") > 1:  # else a part of the password would be taken for host, port or name
        raise ValueError("an address in whose user, password and name @ is written %40, and / is written %2F")
    for one in place.rpartition("@")[2].split(","):  # libpq takes several hosts, tried in turn
        port = one.rpartition("]")[2].partition(":")[2]
        fault = _port_fault(port)
        if fault:
            raise ValueError(fault)
    if any(letter.isspace() for letter in text):
        raise ValueError("an address without spaces; in passwords a space is written %20")
    return SecretStr(text)


def has_password(address: str) -> bool:
    """Tell whether a database address holds a password."""
    return address != without_password(address)


def without_password(address: str, dots: str = "") -> str:
    """Return a database address with *dots* for its password; with none, without the password."""
    head, separator, rest = address.partition("://")
    if not separator:
        return address
    place, mark, query = rest.partition("?")
    authority, slash, name = place.partition("/")
    user, at, host = authority.rpartition("@")
    if ":" in user:
        login = user.partition(":")[0]
        user = f"{login}:{dots}" if dots else login
    kept = []
    for option in query.split("&") if mark else ():
        key = option.partition("=")[0]
        if key not in _PASSWORD_OPTIONS:
            kept.append(option)
        elif dots:
            kept.append(f"{key}={dots}")
    asked = f"?{'&'.join(kept)}" if kept else ""
    return f"{head}://{user}{at}{host}{slash}{name}{asked}"


def passwords_in(address: str) -> tuple[str, ...]:
    """Return the passwords of a database address, as written and as meant."""
    place, _, query = address.partition("://")[2].partition("?")
    user = place.partition("/")[0].rpartition("@")[0]
    found = [user.partition(":")[2]] + [value for key, value in parse_qsl(query) if key in _PASSWORD_OPTIONS]
    both = {one for text in found for one in (text, unquote(text), quote(unquote(text), safe="")) if one}
    return tuple(sorted(both))


def product_set(value: Any) -> Any:
    """Take a list of products as text."""
    return [part.strip().lower() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def digits(text: str) -> str:
    """Accept Zoho's number of an organization, or nothing."""
    if text and not re.fullmatch(r"[0-9]{1,19}", text):
        raise ValueError("digits only, as Zoho shows it under Manage Organizations")
    return text


def webhook_secret(secret: SecretStr) -> SecretStr:
    """Accept what Zoho accepts as a webhook's secret, or nothing."""
    text = secret.get_secret_value()
    if text and not re.fullmatch(r"[0-9A-Za-z]{12,50}", text):
        raise ValueError("12 to 50 letters and digits, without spaces or signs")
    return secret


def header_name(text: str) -> str:
    """Accept the name of an HTTP header that no program uses for something else, or nothing."""
    text = text.strip()
    taken = {"authorization", "content-type", "content-length", "host", "cookie", "connection", "user-agent"}
    if text and (not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", text) or text.lower() in taken):
        raise ValueError("letters, digits and hyphens, such as X-TSH-Secret")
    return text


def listener_host(text: str) -> str:
    """Accept an address or a name that this computer can listen at."""
    text = text.strip().strip("[]")
    if not text or not re.fullmatch(r"[0-9A-Za-z.:_-]{1,253}", text):
        raise ValueError("an address of this computer, such as 127.0.0.1 or 0.0.0.0")
    return text


def quiet_hours(text: str) -> str:
    """Accept hours of the day such as 22:00-06:00, or nothing."""
    text = text.strip()
    span = re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d-([01]?\d|2[0-3]):[0-5]\d", text, re.ASCII)
    if text and (span is None or text.partition("-")[0].zfill(5) == text.partition("-")[2].zfill(5)):
        raise ValueError("two different times such as 22:00-06:00")
    return text


def alert_addresses(secret: SecretStr) -> SecretStr:
    """Accept addresses with a scheme, apart by spaces or lines, or nothing."""
    for address in secret.get_secret_value().split():
        if not re.match(r"[A-Za-z][A-Za-z0-9+.-]{1,19}://[^\s/]", address):
            raise ValueError("addresses such as mailtos://user:password@host, apart by spaces")
    return secret
