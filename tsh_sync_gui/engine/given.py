"""Parts of a facade that it has only when it was opened with its database."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, overload

from tsh_sync_gui.core.errors import ConfigurationError

T = TypeVar("T")


class Given(Generic[T]):
    """Gives the attribute called *kept*; while that is None, ConfigurationError says that it is *missing*."""

    def __init__(self, kept: str, *, missing: str) -> None:
        self._kept = kept
        self._missing = missing

    @overload
    def __get__(self, owner: None, kind: type[Any]) -> Self: ...

    @overload
    def __get__(self, owner: object, kind: type[Any]) -> T: ...

    def __get__(self, owner: object | None, kind: type[Any]) -> Self | T:
        """Return the part."""
        if owner is None:
            return self
        found: T | None = getattr(owner, self._kept)
        if found is None:
            raise ConfigurationError(self._missing, advice="Open the service with its database.")
        return found
