"""What people have allowed: grants, the access tokens drawn on them, and what was taken back; survives restarts."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

OPERATIONS = frozenset({"grant", "revoke", "access", "expire"})
"""The entries of the journal that speak of sign-ins."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What one consent allows; `refreshes` is false where no refresh token was handed out."""

    scope: str
    client: str = ""
    user: int = 0
    region: str = ""
    refreshes: bool = True


class Grants:
    """Grants by the short hash of their refresh token; tokens themselves are never kept."""

    def __init__(self) -> None:
        self.revoked: set[str] = set()
        self.ended_until = 0
        """Access tokens that end at this millisecond or earlier are dead already."""
        self._held: dict[str, Grant] = {}
        self._access: dict[str, dict[str, int]] = {}
        self._latest = 0

    def get(self, key: str) -> Grant | None:
        """Return what was granted to a refresh token that came from us."""
        return self._held.get(key)

    def known(self) -> Iterator[tuple[str, Grant | None]]:
        """Yield every grant that still holds; None stands for a token that was taken on trust."""
        for key in dict.fromkeys((*self._held, *self._access)):
            if key not in self.revoked:
                yield key, self._held.get(key)

    def refresh_tokens(self, user: int, client: str | None = None) -> list[str]:
        """Return the keys of a user's living refresh tokens, the oldest first."""
        return [
            key
            for key, grant in self.known()
            if grant is not None and grant.refreshes and grant.user == user and client in {None, grant.client}
        ]

    def access_tokens(self, now: int, key: str | None = None) -> list[str]:
        """Return the living access tokens, of one refresh token or of all, the oldest first."""
        after = max(now, self.ended_until)
        return [
            token
            for holder, tokens in self._access.items()
            if holder not in self.revoked and key in {None, holder}
            for token, ends in tokens.items()
            if ends > after and token not in self.revoked
        ]

    def expiry(self, now: int, seconds: int) -> int:
        """Return the millisecond at which a token that is made now ends."""
        return max(now + seconds * 1000, self.ended_until + 1)

    def everything_ends(self, now: int) -> dict[str, Any]:
        """Return the entry that ends all access tokens made so far."""
        return {"op": "expire", "until": max(now, self._latest)}

    def apply(self, entry: dict[str, Any]) -> None:
        """Take an entry of the journal in."""
        match entry["op"]:
            case "grant":
                self._held[entry["key"]] = Grant(**{name: entry[name] for name in Grant.__slots__ if name in entry})
            case "revoke":
                self.revoked.add(entry["token"])
            case "expire":
                self.ended_until = max(self.ended_until, entry["until"])
            case "access":
                self._latest = max(self._latest, entry["ends"])
                tokens = self._access.setdefault(entry["key"], {})
                for token in [token for token, ends in tokens.items() if ends <= entry["at"]]:
                    del tokens[token]
                tokens[entry["token"]] = entry["ends"]
