"""Options that several commands share, and how what a person typed becomes a value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import parse_moment
from tsh_sync_gui.engine.views import Details
from tsh_sync_gui.entities.registry import Registry

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document; words and logs go to stderr.")]


def entities(given: Sequence[str], registry: Registry) -> tuple[str, ...]:
    """Return the names of the entities a person named by name, Zoho's word or route; none or `all` is every one."""
    if not given or any(name.lower() == "all" for name in given):
        return ()
    return tuple(dict.fromkeys(registry.get(name).name for name in given))


def details(text: str | None) -> Details:
    """Return how many details are wanted; ConfigurationError for anything but a number, `all` or `none`."""
    if text is None:
        return None
    if text == "all":
        return "all"
    if text == "none":
        return "none"
    if text.isascii() and text.isdigit():
        return int(text)
    raise ConfigurationError(f"--details is “{text}”", advice="Allowed: a number, all or none.")


def since(days: int | None, moment: str | None, now: datetime) -> datetime | None:
    """Return the start of the window a person asked for."""
    if days is not None and moment is not None:
        raise ConfigurationError("--days and --since exclude each other", advice="Give one of them.")
    if days is not None:
        return now - timedelta(days=days)
    if moment is None:
        return None
    try:
        start = parse_moment(moment)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"--since is “{moment}”", advice="Allowed: a date or time such as 2026-11-01 or 2026-11-01T08:00+03:00."
        ) from None
    if start > now:
        raise ConfigurationError(f"--since is “{moment}”, which is in the future", advice="Give a time that has been.")
    return start


def now() -> datetime:
    """Return the present moment on this machine's clock."""
    return datetime.now(UTC)
