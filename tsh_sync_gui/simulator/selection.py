"""Filters and order of a list request, as values that can be cached."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

ABSENT = float("-inf")
"""Stands in number columns for the empty text of an absent number; sorts first and passes no comparison."""
_OPERATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda have, want: have == want,
    "in": lambda have, want: have in want,
    "lt": lambda have, want: have < want,
    "le": lambda have, want: have <= want,
    "gt": lambda have, want: have > want,
    "ge": lambda have, want: have >= want,
    "startswith": lambda have, want: str(have).casefold().startswith(want),
    "contains": lambda have, want: want in str(have).casefold(),
}


@dataclass(frozen=True, slots=True)
class Test:
    """One condition on one or, for a search, any of several columns."""

    columns: tuple[str, ...]
    operation: str
    value: Any

    def holds(self, values: Sequence[Any]) -> bool:
        """Say whether the condition holds for the values of its columns."""
        compare = _OPERATIONS[self.operation]
        for have in values:
            if have == ABSENT:
                continue
            try:
                if compare(have, self.value):
                    return True
            except TypeError:  # an absent number is an empty text, which is neither less nor more
                continue
        return False


@dataclass(frozen=True, slots=True)
class Query:
    """What a list request asks for, page aside."""

    tests: tuple[Test, ...]
    sort: str
    descending: bool


@dataclass(frozen=True, slots=True)
class Selection:
    """Record indexes in ascending order of the sort column, and which way they are read."""

    indexes: Sequence[int]
    descending: bool

    def page(self, number: int, size: int) -> tuple[Sequence[int], bool]:
        """Return the indexes of a page and whether more follow."""
        total = len(self.indexes)
        start = (number - 1) * size
        if not self.descending:
            return self.indexes[start : start + size], start + size < total
        end = max(total - start, 0)
        return self.indexes[max(end - size, 0) : end][::-1], start + size < total
