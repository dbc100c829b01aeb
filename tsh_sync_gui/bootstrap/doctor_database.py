"""What a doctor finds in the database: reached, the user's rights, and the tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Final

from tsh_sync_gui.bootstrap.databases import EMBEDDED, Progress, open_database
from tsh_sync_gui.bootstrap.doctor_findings import WRONG_USE, Check, Finding, say
from tsh_sync_gui.core.errors import ConfigurationError, SchemaMismatchError, SyncError
from tsh_sync_gui.core.setting_checks import without_password
from tsh_sync_gui.core.settings import Loaded
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.store import trial
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.migrations import HEAD

DATABASE: Final = Check("database", "Database")
RIGHTS: Final = Check("rights", "Rights")
SCHEMA: Final = Check("schema", "Tables")

_SETTING: Final = "settings:database_url"


class DatabaseCheck:
    """Looks at the database, then opens it as every start does; *opened* is None where that failed."""

    def __init__(self, loaded: Loaded, registry: Registry, stack: AsyncExitStack, progress: Progress) -> None:
        self._loaded = loaded
        self._registry = registry
        self._stack = stack
        self._progress = progress
        self.opened: Database | None = None

    async def findings(self) -> AsyncIterator[Finding]:
        """Yield what is found."""
        url = self._loaded.settings.database_url.get_secret_value()
        found: trial.Found | None = None
        try:
            if url:
                found = await trial.examine(url, self._registry)
        except SyncError as error:
            yield self._refused(error)
            return
        if found is not None and (faults := list(_lacking(found, url))):
            for fault in faults:
                yield fault
            return
        try:
            opening = open_database(self._loaded, registry=self._registry, progress=self._progress)
            database = await self._stack.enter_async_context(opening)
            info = await database.info()
        except SyncError as error:
            yield self._refused(error)
            return
        self.opened = database
        facts = {"version": info.version, "room": f"{info.size_bytes / 1e6:,.0f}"}
        yield DATABASE.fine(
            say("The program's own PostgreSQL {version} answers; {room} MB are used.", **facts)
            if info.kind == EMBEDDED
            else say("The server's PostgreSQL {version} answers; {room} MB are used.", **facts)
        )
        yield RIGHTS.fine(say("The database's user may make tables, and read and write all of them."))
        tables = len(trial.wanted_tables(self._registry))
        made = found is not None and found.tables_missing
        yield SCHEMA.fine(
            say(
                "All {tables} tables were made just now, of this program's version ({version}).",
                tables=tables,
                version=HEAD,
            )
            if made
            else say(
                "All {tables} tables are there, of this program's version ({version}).", tables=tables, version=HEAD
            )
        )

    def _refused(self, error: SyncError) -> Finding:
        """Return why the database can't be used, as what it is about."""
        has_url = bool(self._loaded.settings.database_url.get_secret_value())
        deed = _SETTING if has_url else ""
        if isinstance(error, SchemaMismatchError):
            return SCHEMA.failed(error)
        if isinstance(error, ConfigurationError) and " may not " in error.title:
            return RIGHTS.failed(error, deed=deed)
        return DATABASE.failed(error, deed=deed)


def _lacking(found: trial.Found, url: str) -> Iterator[Finding]:
    """Yield what keeps the server's database from being used; nothing where it can be."""
    address = without_password(url)
    if not found.exists:
        words = say("The server answers (PostgreSQL {version}), but has no such database yet.", version=found.version)
        remedy = say("Create it in the set-up, or correct TSH_DATABASE_URL ({address}).", address=address)
        if found.remedy:
            remedy = say("As its administrator run: {statement}", statement=found.remedy)
        yield DATABASE.fault(words, remedy, code=WRONG_USE, deed="setup:database")
        return
    if found.missing_right:
        yield DATABASE.fine(say("The server's PostgreSQL {version} answers.", version=found.version))
        words = say("The database's user lacks {right}.", right=found.missing_right)
        remedy = say("As its administrator run: {statement}", statement=found.remedy)
        yield RIGHTS.fault(words, remedy, code=WRONG_USE, deed=_SETTING)


def unopened(check: Check) -> Finding:
    """Return that *check* has to wait for the database."""
    return check.warning(
        say("This was not looked at: the database has to be mended first."),
        say("Every call to Zoho is booked there, and what all machines share is kept there."),
    )
