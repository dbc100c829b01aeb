"""What JSON replies look like: their keys and the kinds of their values, texts and numbers left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

ABSENT = "absent"
"""Stands for `""` and null, which Zoho sends where there is no value, whatever the value's kind."""
Shape = dict[str, set[str]]


def kind(value: Any) -> str:
    """Return the kind of one value."""
    match value:
        case None | "":
            return ABSENT
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def shape(values: Iterable[Any]) -> Shape:
    """Return the kinds that were met at each place of *values*; an array's elements share the place `key[]`."""
    found: Shape = {}
    for value in values:
        _walk(value, "", found)
    return found


def _walk(value: Any, place: str, found: Shape) -> None:
    found.setdefault(place, set()).add(kind(value))
    if isinstance(value, dict):
        for key, inner in value.items():
            _walk(inner, f"{place}.{key}" if place else key, found)
    elif isinstance(value, list):
        for inner in value:
            _walk(inner, f"{place}[]", found)


def lacking(wanted: Shape, have: Shape) -> list[str]:
    """Return the places of *wanted* that *have* lacks, without those below a place that is lacking itself."""
    gone = {place for place in wanted if place not in have}
    return sorted(place for place in gone if not any(above in gone for above in _above(place)))


def differing(wanted: Shape, have: Shape) -> dict[str, str]:
    """Return the places whose kinds differ, with words; an absent value fits any kind."""
    found = {}
    for place, kinds in wanted.items():
        ours, theirs = have.get(place, set()) - {ABSENT}, kinds - {ABSENT}
        if ours and theirs and not ours <= theirs:
            found[place] = f"{'/'.join(sorted(ours))} where it is {'/'.join(sorted(theirs))}"
    return found


def _above(place: str) -> Iterable[str]:
    for index, letter in enumerate(place):
        if letter == "." or (letter == "[" and index):
            yield place[:index]
