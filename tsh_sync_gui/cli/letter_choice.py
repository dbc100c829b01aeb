"""Which dead letters a command is about: named by number, or found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.letters.values import quoted

Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="The letters' numbers.")]
All = Annotated[bool, typer.Option("--all", help="All that match instead, with --entity, --cause or --search.")]
AboutEntity = Annotated[str | None, typer.Option("--entity", help="Only of this entity.")]
AboutCause = Annotated[str | None, typer.Option("--cause", help="Only those whose cause holds these words.")]
ByShape = Annotated[str, typer.Option("--search", help='Only what this finds, such as "sku:ABC age>2d".')]


# A shell takes the quotation marks of error:"no tax" away; what it hands over as one word was meant as one value.
_FIELD_AND_WORDS: Final = re.compile(r'(-?[^\W\d][\w.]*[:<>=]+)([^"“:<>=]*\s[^"“:<>=]*)\Z')


def _again_quoted(found: re.Match[str]) -> str:
    return found[1] + quoted(found[2])


def search_of(words: Sequence[str] | None, *, entity: str | None = None, cause: str | None = None) -> str:
    """Return one search for all that was said."""
    parts = [_FIELD_AND_WORDS.sub(_again_quoted, one) for one in words or ()]
    if entity:
        parts.append(f"entity:{quoted(entity)}")
    if cause:
        parts.append(f"cause:{quoted(cause)}")
    return " ".join(parts)


def chosen(
    ids: Sequence[str] | None,
    *,
    everything: bool,
    search: str = "",
    entity: str | None = None,
    cause: str | None = None,
    state: str = "",
) -> str | tuple[str, ...]:
    """Return the letters a person named, or the search for them; *state* is looked for where the search says none."""
    narrowed = bool(search or entity or cause)
    if ids and (everything or narrowed):
        raise ConfigurationError("Letters are named and searched for", advice="Give numbers, or --all with a search.")
    if ids:
        for one in ids:
            if not (one.isascii() and one.isdigit()):
                raise ConfigurationError(f"“{one}” is no letter's number", advice="`dead-letters list` shows them.")
        return tuple(ids)
    if not everything:
        raise ConfigurationError(
            "Which letters?", advice="Give their numbers, or --all with --entity, --cause or --search."
        )
    wanted = " ".join(part for part in (search, search_of((), entity=entity, cause=cause)) if part)
    return wanted if not state or "state:" in wanted else f"{wanted} state:{state}".strip()
