"""What the set-up remembers between two starts of the program: TSH_HOME/setup.json, without any secret."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from tsh_sync_gui.bootstrap.setup.values import Progress, Step
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.vault.private_file import write_private

NAME: Final = "setup.json"
_LOCK: Final = "setup.lock"
_LOCK_SECONDS: Final = 20.0


class KeptSignIn(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in that no database has noted yet; *mark* tells it from others and tells nothing of its token."""

    mark: str
    at: datetime
    accounts_url: str
    client_id: str
    scopes: tuple[str, ...] = ()
    how: str = ""


class KeptOrganization(msgspec.Struct, frozen=True, kw_only=True):
    """The organization that was chosen, as the sign-in saw it."""

    id: str
    name: str = ""
    currency_code: str = ""
    time_zone: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. *pending* are shared settings that wait for a database."""

    done: tuple[Step, ...] = ()
    skipped: tuple[Step, ...] = ()
    current: Step = Step.START
    database_chosen: bool = False
    pending: dict[str, str] = {}
    sign_ins: tuple[KeptSignIn, ...] = ()
    organization: KeptOrganization | None = None
    first_sync_at: datetime | None = None

    @property
    def progress(self) -> Progress:
        """Return how far the set-up is."""
        return Progress(done=frozenset(self.done), skipped=frozenset(self.skipped), current=self.current)

    def marked(self, *steps: Step, skipped: bool = False) -> Kept:
        """Return this with *steps* done or skipped; the next open step becomes the current one."""
        done, left = set(self.done), set(self.skipped)
        for step in steps:
            done.discard(step)
            left.discard(step)
            (left if skipped else done).add(step)
        current = next((step for step in Step if step not in done | left), Step.FIRST_SYNC)
        return msgspec.structs.replace(self, done=_ordered(done), skipped=_ordered(left), current=current)

    def reopened(self, *steps: Step) -> Kept:
        """Return this with *steps* open again: what they had verified has changed."""
        return msgspec.structs.replace(
            self,
            done=tuple(step for step in self.done if step not in steps),
            skipped=tuple(step for step in self.skipped if step not in steps),
        )


def _ordered(steps: set[Step]) -> tuple[Step, ...]:
    return tuple(step for step in Step if step in steps)


class KeptFile:
    """Reads and replaces the file whole; several processes may."""

    def __init__(self, home: Path) -> None:
        self.path = home / NAME
        self._home = home

    async def read(self) -> Kept | None:
        """Return what is kept, None when the set-up was never begun here."""
        return await asyncio.to_thread(self._read)

    async def change(self, make: Callable[[Kept], Kept]) -> Kept:
        """Replace what is kept by what *make* makes of it."""
        return await asyncio.to_thread(self._change, make)

    def _read(self) -> Kept | None:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=Kept)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise ConfigurationError(
                f"The file {self.path} cannot be read",
                advice="Delete it: secrets and settings stay, only the steps of the set-up are asked for again.",
                cause=str(error),
            ) from error

    def _change(self, make: Callable[[Kept], Kept]) -> Kept:
        self._home.mkdir(parents=True, exist_ok=True)
        with FileLock(self._home / _LOCK, timeout=_LOCK_SECONDS, what="set-up"):
            changed = make(self._read() or Kept())
            try:
                write_private(self.path, msgspec.json.format(msgspec.json.encode(changed)))
            except OSError as error:
                raise ConfigurationError(
                    f"The file {self.path} cannot be written",
                    advice="Allow your user to write to its folder, and see that the disk has room.",
                    cause=str(error),
                ) from error
            return changed
