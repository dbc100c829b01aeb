"""The conversation of `tsh-sync auth login`: app, address, answer, organization."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import typer

from tsh_sync_gui.cli.auth import ensure_database, is_begun, mark
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.passphrases import ask_secret
from tsh_sync_gui.cli.stdin import Lines
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    MissingPermissionError,
    QuotaExhaustedError,
    SyncError,
    TransientError,
)

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.setup.service import Setup
    from tsh_sync_gui.bootstrap.setup.values import ClientType, OrganizationChoice, SignedIn, ZohoApp

_NEEDS_YOU = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class AppOptions:
    """What the command line says of the app; empty: as it is kept."""

    client_id: str = ""
    client_type: str = ""
    data_centre: str = ""
    products: str = ""


async def sign_in(
    setup: Setup,
    output: Output,
    wanted: AppOptions,
    *,
    by_code: bool = False,
    organization: str = "",
    replaces: bool = False,
) -> int:
    """Go from the app to the organization; returns the exit code."""
    from tsh_sync_gui.bootstrap.setup.values import Step

    lines, begun = Lines(), await is_begun(setup)
    await setup.ground.check_vault()  # nobody shall type a secret that can't be kept
    await ensure_database(setup, output)
    kept = await _app(setup, wanted, lines)
    if by_code or kept.client_type == "self":
        signed_in = await setup.finish_with_code(_secret("Self-client code", lines), replaces=replaces)
    else:
        signed_in = await _by_browser(setup, output, lines, replaces=replaces)
    chosen, choices = await _organization(setup, output, lines, organization)
    done = (Step.START, Step.DATABASE, Step.APP, Step.SIGN_IN)
    await mark(setup, *done, *((Step.ORGANIZATION,) if chosen else ()), begun=begun)
    _tell(output, signed_in, chosen, choices)
    return 0 if chosen is not None else _NEEDS_YOU


async def _app(setup: Setup, wanted: AppOptions, lines: Lines) -> ZohoApp:
    """Return the app, kept as the options and the answers say."""
    kept = await setup.app()
    if kept is not None and wanted == AppOptions():
        return kept
    client_id = wanted.client_id or (kept.client_id if kept else "")
    if not client_id:
        client_id = _plain("Client id", lines, "--client-id ID")
    client_type = wanted.client_type or (kept.client_type if kept else "server")
    is_same = kept is not None and kept.client_id == client_id
    secret = "" if is_same or client_type == "desktop" else _secret("Client secret", lines)
    location = wanted.data_centre or (kept.location if kept else "find")
    if location == "find":
        location = (await setup.find_data_centre(client_id, secret)).location
    products = wanted.products or ",".join(sorted(kept.products if kept else ("books", "inventory")))
    return await setup.keep_app(
        client_id,
        secret,
        client_type=cast("ClientType", client_type),
        location=location,
        products=frozenset(part.strip().lower() for part in products.split(",") if part.strip()),
    )


async def _by_browser(setup: Setup, output: Output, lines: Lines, *, replaces: bool) -> SignedIn:
    attempt = await setup.begin_sign_in(replaces=replaces)
    output.aside("Open this address in a browser and accept:")
    output.aside(attempt.url)
    output.aside(f"Waiting for it to come back to {attempt.redirect_uri}; or paste the address it landed on.")
    browser = asyncio.ensure_future(setup.await_browser())
    try:
        while True:
            line = asyncio.ensure_future(lines.coming())
            done, _ = await asyncio.wait({browser, line}, return_when=asyncio.FIRST_COMPLETED)
            if browser in done:
                line.cancel()
                return browser.result()
            pasted = line.result()
            if pasted is None:
                return await browser
            if not pasted:
                continue
            try:
                return await setup.finish_with_address(pasted)
            except SyncError as error:
                # At a terminal a wrong paste is told and another one awaited; the sign-in may be over, though.
                if browser.done() or not lines.is_terminal:
                    raise
                output.aside(str(error))
    finally:
        browser.cancel()
        await asyncio.wait({browser})
        await setup.cancel_sign_in()


async def _organization(
    setup: Setup, output: Output, lines: Lines, wanted: str
) -> tuple[OrganizationChoice | None, tuple[OrganizationChoice, ...]]:
    """Return the organization that is kept, chosen where there is only one; and all there are."""
    kept = await setup.organization()
    if kept is not None and wanted in {"", kept.id}:
        kept = await _seen(setup, output, kept)
        return kept, (kept,)
    choices = await setup.organizations()
    usable = [one for one in choices if not one.refusal]
    if not wanted and len(usable) == 1:
        wanted = usable[0].id
    if not wanted and lines.is_terminal:
        for one in choices:
            typer.echo(f"{one.id}  {one.name}, {one.currency_code}, {one.time_zone} {one.refusal}".rstrip(), err=True)
        typer.echo("Number of the organization: ", nl=False, err=True)
        # Not by a prompt: the line that the browser made superfluous is still being read.
        wanted = (await lines.coming() or "").strip()
    if not wanted:
        return None, choices
    await setup.choose_organization(wanted)
    return await setup.organization(), choices


async def _seen(setup: Setup, output: Output, kept: OrganizationChoice) -> OrganizationChoice:
    """Return *kept* as this sign-in sees it (one call); AuthorisationError when it is somebody else's sign-in."""
    try:
        choices = await setup.organizations()
    except (MissingPermissionError, QuotaExhaustedError, TransientError) as error:
        output.aside(f"Whether the sign-in sees organization {kept.id} is not known: {error}")
        return kept
    found = next((one for one in choices if one.id == kept.id), None)
    if found is None:
        names = ", ".join(f"{one.name} ({one.id})" for one in choices) or "none"
        name = f"{kept.name} ({kept.id})" if kept.name else kept.id
        raise AuthorisationError(
            f"The new sign-in does not see organization {name}",
            advice=f"It is kept, but syncs will fail. It sees: {names}. Sign in again as a user of {name}, or choose"
            " another with --organization.",
        )
    return found


def _secret(words: str, lines: Lines) -> str:
    if lines.is_terminal:
        return ask_secret(words)
    text = lines.next()
    if not text:
        raise ConfigurationError(f"{words} is wanted", advice="Type it at a terminal, or pipe it in as one line.")
    return text


def _plain(words: str, lines: Lines, option: str) -> str:
    if not lines.is_terminal:
        raise ConfigurationError(f"{words} is wanted", advice=f"Add {option}.")
    return str(typer.prompt(words, err=True)).strip()


def _tell(
    output: Output,
    signed_in: SignedIn,
    chosen: OrganizationChoice | None,
    choices: tuple[OrganizationChoice, ...],
) -> None:
    if signed_in.moved_from:
        output.aside(f"Zoho answered from {signed_in.location}, not {signed_in.moved_from}; that is kept.")
    document: dict[str, Any] = {
        "state": "ok",
        "location": signed_in.location,
        "moved_from": signed_in.moved_from,
        "scopes": sorted(signed_in.scopes),
        "sign_ins": signed_in.sign_ins,
        "organization": None if chosen is None else {"id": chosen.id, "name": chosen.name},
    }
    if chosen is None:
        document["organizations"] = [{"id": one.id, "name": one.name} for one in choices]
    if output.as_json:
        output.document(document)
        return
    if chosen is not None:
        name = f"{chosen.name} ({chosen.id})" if chosen.name else chosen.id
        output.show(f"Signed in. The organization is {name}.", markup=False)
        return
    output.show("Signed in. Choose the organization: tsh-sync auth login --organization NUMBER, or", markup=False)
    output.show("tsh-sync config set ZOHO_ORGANIZATION_ID NUMBER", markup=False)
    for one in choices:
        output.show(f"  {one.id}  {one.name} {one.refusal}".rstrip(), markup=False)
