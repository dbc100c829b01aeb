"""Sends deliveries as Zoho does: 5 s to connect, 10 s to read, and whatever is no 2xx has failed."""

import asyncio
import ssl
from functools import cache

import httpx

from tsh_sync_gui.simulator.simulation import Simulation
from tsh_sync_gui.simulator.webhooks_queue import Delivery

_ENOUGH = 1 << 16
"""Bytes of an answer that are read before the connection is given up."""
_IDLE_SECONDS = 2
"""Shorter than servers keep an idle connection, or a delivery would meet one that is just being closed."""
_NOTE_SECONDS = 0.2


class Sender:
    """Takes from the queue what is due, as many at once as the configuration says."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._client: httpx.AsyncClient | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Send until cancelled; what is under way then counts as not sent."""
        webhooks = self._simulation.webhooks
        loop = asyncio.get_running_loop()
        awake = asyncio.Event()
        webhooks.wake = awake.set
        noted = loop.time()
        try:
            while True:
                awake.clear()
                self._begin(awake)
                if webhooks.has_unwritten and loop.time() - noted >= _NOTE_SECONDS:
                    webhooks.write_down()
                    noted = loop.time()
                full = len(self._running) >= self._simulation.config.webhooks_at_once
                wait = None if full else webhooks.seconds_to_next()
                if webhooks.has_unwritten:
                    wait = min(_NOTE_SECONDS if wait is None else wait, _NOTE_SECONDS)
                await _woken(awake, wait)
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            if self._client is not None:
                await self._client.aclose()
            webhooks.write_down()

    def _begin(self, awake: asyncio.Event) -> None:
        webhooks = self._simulation.webhooks
        while len(self._running) < self._simulation.config.webhooks_at_once:
            delivery = webhooks.ready()
            if delivery is None:
                return
            task = asyncio.create_task(self._deliver(delivery))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            task.add_done_callback(lambda _: awake.set())

    async def _deliver(self, delivery: Delivery) -> None:
        outgoing = delivery.outgoing
        if outgoing is None:
            return
        if self._client is None:
            # Made with the first delivery: most simulators send none, and certificates take time to read.
            limits = httpx.Limits(max_connections=None, keepalive_expiry=_IDLE_SECONDS)
            self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, limits=limits, verify=_trust())
        config = self._simulation.config
        connect, read = config.webhook_connect_ms / 1000, config.webhook_read_ms / 1000
        status: int | None = None
        error = ""
        try:
            async with (
                asyncio.timeout(connect + read),
                self._client.stream(
                    outgoing.method,
                    outgoing.url,
                    headers=list(outgoing.headers),
                    content=outgoing.body,
                    timeout=httpx.Timeout(read, connect=connect),
                ) as answer,
            ):
                size = 0
                async for chunk in answer.aiter_raw():
                    size += len(chunk)
                    if size > _ENOUGH:
                        break
                status = answer.status_code
        except httpx.ConnectTimeout:
            error = f"no connection within {connect:g} s"
        except (httpx.TimeoutException, TimeoutError):
            error = f"no answer within {read:g} s"
        except (httpx.HTTPError, httpx.InvalidURL) as failure:
            error = str(failure) or type(failure).__name__
        self._simulation.webhooks.tried(delivery, status, error)


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


async def _woken(awake: asyncio.Event, seconds: float | None) -> None:
    """Wait until woken, or for so long."""
    try:
        async with asyncio.timeout(seconds):
            await awake.wait()
    except TimeoutError:
        return
