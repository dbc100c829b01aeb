"""The settings in force: a change is kept for good and applies at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tsh_sync_gui.bootstrap.databases import merged
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.secrets import home_vault, keep
from tsh_sync_gui.core.settings import Loaded, Origin, Settings, find, validated
from tsh_sync_gui.engine.outcomes import user_name
from tsh_sync_gui.store.settings import SharedSettings


class LiveSettings:
    """Fulfils `engine.service.SettingsKeeper`: machine settings in the home, shared ones in the database."""

    def __init__(self, machine: Loaded, shared: SharedSettings) -> None:
        self._machine = machine
        self._shared = shared
        self._refreshing = asyncio.Lock()
        self._listeners: list[Callable[[Settings], None]] = []
        self.loaded = machine

    @property
    def now(self) -> Settings:
        """Return the settings in force."""
        return self.loaded.settings

    def on_change(self, listener: Callable[[Settings], None]) -> None:
        """Call *listener* with the new settings after each change."""
        self._listeners.append(listener)

    async def refresh(self) -> None:
        """Take over what other processes and machines have saved."""
        async with self._refreshing:  # one at a time: what was read first must not be taken over last
            self._apply(await self._shared.get_shared())

    async def save(self, name: str, value: str | None) -> None:
        """Check and keep a setting, None for its default; ConfigurationError names variable, value and range."""
        one = find(name)
        if one.scope == "shared":
            if value is not None:
                validated({one.field: value})
            await self._shared.set_shared(one.field, value, by=user_name())
        else:
            outside = not self._machine.is_demo
            await asyncio.to_thread(keep, self._machine.home, one.field, value, environment=outside)
            await self._reread((one.field,))
        await self.refresh()

    async def look_again(self, fields: Sequence[str]) -> None:
        """Take over what this machine keeps for *fields* by now, and what all machines share."""
        await self._reread(fields)
        await self.refresh()

    async def _reread(self, fields: Sequence[str]) -> None:
        fresh = await asyncio.to_thread(_kept, self._machine)
        # Joined on the loop: of several at once each brings its own fields, and none takes another's back.
        self._machine = _joined(self._machine, fresh, fields)

    async def reveal(self, name: str) -> str:
        """Return a secret in the clear; who looked, and at what, is in the audit before it is shown."""
        one = find(name)
        await self._shared.note_revealed(one.field, by=user_name())
        return self.loaded.text(one.field)

    def _apply(self, shared: Mapping[str, Any]) -> None:
        before = self.now
        self.loaded = merged(self._machine, shared)
        if self.now != before:
            for listener in self._listeners:
                listener(self.now)


def _kept(machine: Loaded) -> Loaded:
    """Return what this machine keeps; the vault's key may come from outside (but for a demo), settings do not."""
    vault = home_vault(machine.home, environment=not machine.is_demo)
    return gather(home=machine.home, environment=False, vault=vault)


def _joined(machine: Loaded, fresh: Loaded, fields: Sequence[str]) -> Loaded:
    """Return *machine* with *fields* as *fresh* has them, as far as nothing goes before what is kept."""
    fields = [field for field in fields if not machine.origins[field].is_locked]
    if fresh.vault_problem:  # a vault that is closed just now has forgotten nothing
        fields = [field for field in fields if find(field).scope != "secret"]
    values = {
        name: getattr(machine.settings, name)
        for name, origin in machine.origins.items()
        if origin is not Origin.DEFAULT and name not in fields
    }
    origins = dict(machine.origins) | {field: fresh.origins[field] for field in fields}
    values |= {field: getattr(fresh.settings, field) for field in fields if origins[field] is not Origin.DEFAULT}
    return replace(
        machine,
        settings=validated(values),
        origins=origins,
        vault=fresh.vault,
        vault_problem=fresh.vault_problem,
        vault_error=fresh.vault_error,
    )
