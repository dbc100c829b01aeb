"""`tsh-sync listen`: takes webhooks in and serves the HTTP API, without a window."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tsh_sync_gui.cli import options
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import run
from tsh_sync_gui.core.paths import default_home

if TYPE_CHECKING:
    from tsh_sync_gui.core.settings import Loaded


def _demo(url: str) -> Loaded:
    """Return the settings of the demo that TSH_HOME is the folder of."""
    from tsh_sync_gui.bootstrap.demo import demo_settings

    return demo_settings(default_home(), url)


def listen(
    context: typer.Context,
    *,
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen on; 0.0.0.0 for all of this computer. [default: TSH_LISTENER_HOST]"),
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="0 takes a free one. [default: TSH_LISTENER_PORT]")
    ] = None,
    workers: Annotated[
        int,
        typer.Option(
            min=0, max=64, help="Jobs it does at once itself; 0 leaves them to the window and `tsh-sync work`."
        ),
    ] = 2,
    ticket: Annotated[
        Path | None, typer.Option(hidden=True, help="Written when it is ready; it ends when this file is deleted.")
    ] = None,
    demo: Annotated[str, typer.Option(hidden=True, help="Listen for the demo, whose simulated Zoho is there.")] = "",
    as_json: options.Json = False,
) -> int:
    """Take Zoho's webhooks in, and serve the HTTP API, until Ctrl+C.

    While the database is away deliveries are kept on this computer's disk and handed over later.
    """
    from tsh_sync_gui.bootstrap.listener_process import TicketHolder

    doors: Doors = context.obj
    output = Output(as_json)
    loaded = _demo(demo) if demo else doors.load()
    settings, holder = loaded.settings, TicketHolder(ticket)
    place = settings.listener_host if host is None else host, settings.listener_port if port is None else port

    def ready(address: str) -> None:
        holder.show(address)
        if as_json:
            output.document({"url": address})
            return
        output.show(f"Listening at {address}; Ctrl+C ends it. Its API is described at {address}/docs.", markup=False)
        if not settings.webhook_secret.get_secret_value():
            output.aside("No webhook secret is set: every delivery is refused. See ZOHO_WEBHOOK_SECRET.")

    async def until_stopped() -> int:
        # To be ended is how a listener ends well; a service's keeper looks at the exit code.
        with suppress(asyncio.CancelledError), holder.until_taken():
            await doors.listen(loaded, *place, workers, ready)
        return 0

    return run(until_stopped(), on_stop=lambda: output.aside("Ending; what was taken in is safe."))
