"""The one way into PostgreSQL: checks server and tables at start, hands out connections, comes back when lost."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from tsh_sync_gui.core.clock import SystemClock
from tsh_sync_gui.core.errors import TransientError, UnreachableError
from tsh_sync_gui.engine.views import DatabaseInfo
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store import probe
from tsh_sync_gui.store.address import Address, parse_address
from tsh_sync_gui.store.errors import refused, translate, translated
from tsh_sync_gui.store.migrate import upgrade
from tsh_sync_gui.store.migrations import HEAD

Driver = psycopg.AsyncConnection[Any]
Progress = Callable[[str], None]
T = TypeVar("T")

_POOL: Final = 5
_OVERFLOW: Final = 10
_GIVE_BACK_S: Final = 2.0
# A dedicated connection holds a lock or listens: both sides must notice soon when the other is gone.
_WATCHFUL: Final = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_WATCHFUL_SERVER: Final = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"


def _silent(_words: str) -> None:
    """Hear of progress and say nothing."""


class Database:
    """A checked database: right version, right tables, rights to write.

    *owner* marks the runs that this object works on. *on_unreachable*, when set, is asked once per outage for an
    address to go on with: it starts the server again if it is ours.
    """

    def __init__(self, address: Address, *, kind: str = "server") -> None:
        self.owner = uuid.uuid4().hex
        self.kind = kind
        self.clock = SystemClock()
        self.on_unreachable: Callable[[], Awaitable[str | None]] | None = None
        self.version = ""
        self._address = address
        self._outages = 0
        self._reviving = asyncio.Lock()
        self._given_back: set[asyncio.Future[None]] = set()
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=self._connect,
            pool_size=_POOL,
            max_overflow=_OVERFLOW,
            pool_pre_ping=True,
            use_native_hstore=False,
        )

    @classmethod
    async def open(
        cls, url: str, *, registry: Iterable[Entity], progress: Progress = _silent, kind: str = "server"
    ) -> Self:
        """Connect to *url*, check server and rights, bring the tables up to date and measure the clock.

        Raises ConfigurationError (address, password, rights, version), UnreachableError, SchemaMismatchError.
        """
        database = cls(parse_address(url), kind=kind)
        try:
            await database._check(progress)
            async with database.raw() as connection:
                await probe.check_tables(connection, registry)
        except BaseException:
            await database.close()
            raise
        return database

    @property
    def address(self) -> Address:
        """Return where the database is now."""
        return self._address

    async def close(self) -> None:
        """Close all connections of the pool, once what cancelled tasks held has come back to it."""
        if self._given_back:
            await asyncio.wait(self._given_back, timeout=_GIVE_BACK_S)
        await self.engine.dispose()

    async def info(self) -> DatabaseInfo:
        """Return which database this is and how much room it takes."""
        async with self.raw() as connection:
            cursor = await connection.execute("SELECT pg_database_size(current_database())")
            row = await cursor.fetchone()
        return DatabaseInfo(kind=self.kind, version=self.version, size_bytes=row[0] if row else 0)

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[Driver]:
        """Give a driver's connection inside a transaction that commits when the block ends well.

        Raises our own errors only. An UnreachableError at the end may mean that the commit happened after all.
        """
        with translated():
            connection = await self._checkout()
            try:
                driver = await _driver(connection)
                async with driver.transaction():
                    try:
                        yield driver
                    except asyncio.CancelledError:
                        if driver.pgconn.transaction_status == TransactionStatus.ACTIVE:
                            # Cut off within a COPY: the server still takes it, and would refuse even a rollback.
                            await asyncio.shield(connection.invalidate())
                        raise
            finally:
                # Shielded: a cancelled task must not leave the connection outside of the pool.
                giving_back = asyncio.ensure_future(connection.close())
                self._given_back.add(giving_back)
                giving_back.add_done_callback(self._given_back.discard)
                await asyncio.shield(giving_back)

    async def dedicated(self, purpose: str) -> Driver:
        """Open a connection of its own, in autocommit; the caller closes it. *purpose* is shown by the server."""
        params = self._address.connect_args(purpose) | _WATCHFUL
        params["options"] = f"{params['options']} {_WATCHFUL_SERVER}"
        with translated():
            try:
                return await self._open(params, autocommit=True)
            except UnreachableError:
                if self.on_unreachable is None:
                    raise
            await self.revive()
            return await self._open(params | self._address.connect_args(purpose), autocommit=True)

    async def again(self, work: Callable[[Driver], Awaitable[T]], *, tries: int = 3) -> T:
        """Return what *work* returns, run in a transaction and repeated when the database was busy or lost.

        *work* must be idempotent: a commit whose answer was lost is repeated too.
        """
        for attempt in range(1, tries):
            try:
                async with self.raw() as connection:
                    return await work(connection)
            except TransientError:
                await self.clock.sleep(0.05 * 4**attempt)
        async with self.raw() as connection:
            return await work(connection)

    async def revive(self) -> None:
        """Come back after an outage: ask *on_unreachable* for the address, connect anew, measure the clock again."""
        outage = self._outages
        async with self._reviving:
            if outage != self._outages:
                return
            if self.on_unreachable is not None and (url := await self.on_unreachable()):
                self._address = parse_address(url)
            await self.engine.dispose()
            with translated():
                connection = await self.engine.connect()
                try:
                    await self._measure(await _driver(connection))
                finally:
                    await connection.close()
            self._outages += 1

    async def _checkout(self) -> AsyncConnection:
        try:
            return await self.engine.connect()
        except (psycopg.Error, DBAPIError) as error:
            found = translate(error)
            if not isinstance(found, UnreachableError) or self.on_unreachable is None:
                raise found from error
        except UnreachableError:
            if self.on_unreachable is None:
                raise
        await self.revive()
        return await self.engine.connect()

    async def _connect(self) -> Driver:
        return await self._open(self._address.connect_args())

    async def _open(self, params: dict[str, Any], *, autocommit: bool = False) -> Driver:
        connecting = asyncio.ensure_future(psycopg.AsyncConnection.connect(**params, autocommit=autocommit))
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            # Cut off half-way, the server would hold its end for a minute, waiting for the password.
            connecting.add_done_callback(_discard)
            raise
        except psycopg.Error as error:
            raise refused(error, self._address, kind=self.kind) from error

    async def _check(self, progress: Progress) -> None:
        async with self.raw() as connection:
            server = await probe.look(connection)
            await self._measure(connection)
        self.version = server.version
        probe.check_server(server, self._address)
        if server.schema != HEAD:
            probe.check_may_create(server, self._address)
            with translated():
                await upgrade(self.engine, progress=progress)

    async def _measure(self, connection: Driver) -> None:
        """Set the clock's offset from the quickest of three questions; noise of one machine's own clock is none."""
        best: tuple[timedelta, timedelta] | None = None
        for _ in range(3):
            asked = datetime.now(UTC)
            cursor = await connection.execute("SELECT clock_timestamp()")
            row = await cursor.fetchone()
            trip = datetime.now(UTC) - asked
            if row and (best is None or trip < best[0]):
                best = (trip, row[0] - (asked + trip / 2))
        if best:
            self.clock.offset = best[1] if abs(best[1]) > best[0] else timedelta(0)


def _discard(connecting: asyncio.Future[Driver]) -> None:
    """Close a connection that nobody waits for any more."""
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().pgconn.finish()


async def _driver(connection: AsyncConnection) -> Driver:
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError(f"the pool holds {type(driver).__name__}")
    return driver
