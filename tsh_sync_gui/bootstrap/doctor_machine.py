"""What a doctor finds on this computer: disk, folders, vault, settings, clocks, the listener and its public address."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from tsh_sync_gui.bootstrap.doctor_findings import (
    FAILED,
    NEEDS_YOU,
    NOTHING,
    WRONG_USE,
    Check,
    Finding,
    Words,
    code_of,
    say,
)
from tsh_sync_gui.bootstrap.identity import mirror_of
from tsh_sync_gui.bootstrap.listener_process import listener_of
from tsh_sync_gui.bootstrap.secrets import vault_of
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.settings import DECLARED, Loaded, Settings, find
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.zoho import reach
from tsh_sync_gui.zoho.loopback import is_loopback

SETTINGS: Final = Check("settings", "Settings")
VAULT: Final = Check("vault", "Secrets")
DISK: Final = Check("disk", "Disk")
IMAGES: Final = Check("images", "Image folder")
CLOCK: Final = Check("clock", "Clock")
ZOHO_CLOCK: Final = Check("zoho-clock", "Zoho's clock")
LISTENER: Final = Check("listener", "Listener")
PUBLIC: Final = Check("public-address", "Public address")

_LITTLE_ROOM: Final = 2_000_000_000
_NO_ROOM: Final = 200_000_000
_CLOCK_OFF: Final = timedelta(seconds=60)
_NEEDED: Final = ("client_id", "client_secret", "refresh_token", "organization_id")


def disk(home: Path) -> Finding:
    """Look at the room left where everything is kept."""
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    words = say("{room} GB are free for {folder}.", room=f"{free / 1e9:,.1f}", folder=home)
    if free < _NO_ROOM:
        remedy = say("Free space on this disk, or set TSH_HOME to a folder on another one.")
        return DISK.fault(words, remedy, code=FAILED)
    if free < _LITTLE_ROOM:
        return DISK.warning(words, say("Free space before a large sync."))
    return DISK.fine(words)


def images(loaded: Loaded) -> Finding:
    """Look whether the folder for product images can be used."""
    if not loaded.settings.image_cache_enabled:
        return IMAGES.fine(say("Product images are not kept (ZOHO_IMAGE_CACHE_ENABLED is false)."))
    folder = Path(loaded.settings.image_cache_dir or loaded.home / "images")
    deed = "settings:image_cache_dir" if loaded.settings.image_cache_dir else ""
    there = next((one for one in (folder, *folder.parents) if one.exists()), folder)
    if not there.is_dir():
        words = say("ZOHO_IMAGE_CACHE_DIR is “{folder}”, where no folder can be made.", folder=folder)
        remedy = say("“{file}” is a file. Name a folder that you may write to.", file=there)
        return IMAGES.fault(words, remedy, code=WRONG_USE, deed=deed)
    if not os.access(there, os.W_OK):
        words = say("The folder for images, {folder}, may not be written to.", folder=folder)
        remedy = say("Allow your user to write there, or set ZOHO_IMAGE_CACHE_DIR to another folder.")
        return IMAGES.fault(words, remedy, code=WRONG_USE, deed=deed)
    return IMAGES.fine(say("Images can be kept in {folder}.", folder=folder))


def vault(loaded: Loaded) -> Finding:
    """Look where secrets rest, and whether they can be read and kept. It may block."""
    if loaded.is_demo:
        return VAULT.fine(say("The demo has no secrets."))
    where = vault_of(loaded)
    if loaded.vault_error is not None:
        return VAULT.failed(loaded.vault_error, deed="settings:vault")
    if where.kind is VaultKind.KEYCHAIN:
        return VAULT.fine(say("Secrets rest in this computer's keychain."))
    if where.kind is VaultKind.FILE:
        try:
            where.read()
        except SyncError as error:
            return VAULT.failed(error, deed="settings:vault")
        return VAULT.fine(say("Secrets rest in the encrypted file of this home, which is open."))
    secrets = [one for one in DECLARED if one.is_secret and one.field in _NEEDED]
    if all(loaded.origins[one.field].is_locked for one in secrets):
        return VAULT.fine(say("Secrets come from the environment or .env; this computer keeps none."))
    return VAULT.warning(
        say("There is no place where secrets could be kept: no keychain, and no encrypted file."),
        say(
            "Make an encrypted file with `tsh-sync config vault file` or in Settings → Connection, "
            "or set the secrets in the environment."
        ),
        deed="settings:vault",
    )


def settings(loaded: Loaded, *, has_shared: bool) -> Iterator[Finding]:
    """Look at the settings; without the database those that all machines share are not known (*has_shared*)."""
    missing = missing_credentials(loaded, has_shared=has_shared)
    yield from _missing(loaded, missing)
    if not loaded.settings.sync_enabled:
        yield SETTINGS.warning(
            say("Syncing is switched off (ZOHO_SYNC_ENABLED is false)."),
            say("Only what a person asks for runs. Switch it on in Settings → Limits."),
            deed="settings:sync_enabled",
        )
    limit = find("per_minute")
    caution = limit.caution(loaded.text("per_minute"))
    if caution and not is_loopback(loaded.settings.api_base_url):
        words = say("{variable} is {number}.", variable=limit.variable, number=loaded.settings.per_minute)
        yield SETTINGS.warning(words, Words(caution), deed="settings:per_minute")
    if not missing and loaded.settings.sync_enabled:
        yield SETTINGS.fine(say("All settings are in range, and the credentials for Zoho are there."))


def _missing(loaded: Loaded, missing: list[str]) -> Iterator[Finding]:
    """Name what is not set, and apart from it what rests in a vault that is closed."""
    error = loaded.vault_error
    if hidden := [field for field in missing if error is not None and find(field).scope == "secret"]:
        yield SETTINGS.fault(
            say("{names} cannot be read now.", names=_named(hidden)),
            say("The place of the secrets has to be opened first; they may rest there."),
            code=WRONG_USE if error is None else code_of(error),
            deed="settings:vault",
        )
    absent = [field for field in missing if field not in hidden]
    if not absent:
        return
    names = _named(absent)
    yield SETTINGS.fault(
        say("{names} is not set.", names=names) if len(absent) == 1 else say("{names} are not set.", names=names),
        say("Sign in with the set-up, or set them in the environment or a .env file; `tsh-sync demo` needs none."),
        # Who has not signed in yet has done nothing wrong.
        code=WRONG_USE if missing == ["organization_id"] else NEEDS_YOU,
        deed="setup:organization" if absent == ["organization_id"] else "sign_in",
    )


def _named(fields: Sequence[str]) -> str:
    return " and ".join(find(field).variable for field in fields)


def missing_credentials(loaded: Loaded, *, has_shared: bool) -> list[str]:
    """Return which credentials are not set; a desktop app has no secret."""
    known = [name for name in _NEEDED if has_shared or find(name).scope == "secret"]
    if loaded.settings.client_type == "desktop":
        known.remove("client_secret")
    return [name for name in known if not loaded.text(name)]


def clock(check: Check, whose: Words, ahead: timedelta) -> Finding:
    """Compare this computer's clock with another: it is *ahead* by so much."""
    seconds = ahead.total_seconds()
    if abs(ahead) < _CLOCK_OFF:
        words = say("This computer's clock and {whose} agree ({seconds} s apart).", whose=whose, seconds=_tenths(ahead))
        return check.fine(words)
    off = round(abs(seconds))
    return check.warning(
        say("This computer's clock is {seconds} s ahead of {whose}.", seconds=off, whose=whose)
        if seconds > 0
        else say("This computer's clock is {seconds} s behind {whose}.", seconds=off, whose=whose),
        say("Let the system set the clock by the network. Syncs go by the database's and Zoho's clocks meanwhile."),
    )


def _tenths(span: timedelta) -> str:
    return f"{abs(span.total_seconds()):.1f}"


async def listener(loaded: Loaded) -> Finding:
    """Ask the listener on this computer how it is."""
    settings = loaded.settings
    try:
        address = listener_of(settings)
        milliseconds, _ = await reach.ask_state(address, mirror=mirror_of(loaded))
    except SyncError as error:
        if not settings.webhook_url and not isinstance(error, reach.OccupiedError):
            # Nobody has asked Zoho to deliver anything: nothing is missed.
            return LISTENER.fine(
                say(
                    "No listener runs here: deliveries are not received. Polling covers all changes while a window or a"
                    " worker runs."
                )
            )
        remedy = say(
            "Deliveries are not received. Polling covers changes while a window or a worker runs; nothing is lost."
        )
        return LISTENER.warning(Words(f"{error.title}."), remedy if not error.advice else Words(error.advice))
    return LISTENER.fine(
        say("The listener answers at {address} ({milliseconds} ms).", address=address, milliseconds=milliseconds)
    )


def spooled(home: Path) -> Iterator[Finding]:
    """Look for deliveries that were acknowledged, and could not be read when the database was back."""
    folder = home / "spool"
    if number := len(list(folder.glob("*.bad"))):
        yield LISTENER.warning(
            say("{number} files with deliveries cannot be read whole ({folder}).", number=number, folder=folder),
            say("Fetch the gap in Webhooks, or sync all; that brings what they told of. Then delete the files."),
        )


async def public_address(settings: Settings) -> Finding:
    """Ask at the address that Zoho is to call, as Zoho would."""
    address = settings.webhook_url
    if not address:
        return PUBLIC.fine(
            say(
                "No public address is set: Zoho delivers nothing. "
                "Polling covers all changes while a window or a worker runs."
            )
        )
    deed = "settings:webhook_url"
    if not address.startswith("https://") and not is_loopback(settings.accounts_url):
        words = say("Zoho cannot call {address}.", address=address)
        return PUBLIC.warning(words, say("ZOHO_WEBHOOK_URL must begin with https:// and be known outside."), deed=deed)
    host = reach.host_of(address)
    try:
        await asyncio.get_running_loop().getaddrinfo(host, None)
    except OSError:
        words = say("The name {host} of the public address is not known.", host=host)
        return PUBLIC.warning(words, say("Correct ZOHO_WEBHOOK_URL, or enter the name at your provider."), deed=deed)
    try:
        milliseconds = await reach.ping(address)
    except SyncError as error:
        return PUBLIC.warning(Words(f"{error.title}."), Words(error.advice), deed=deed)
    if address.startswith("http://"):
        return PUBLIC.fine(say("{host} answers a ping ({milliseconds} ms).", host=host, milliseconds=milliseconds))
    return PUBLIC.fine(
        say(
            "{host} is known, its certificate is valid, and it answers a ping ({milliseconds} ms).",
            host=host,
            milliseconds=milliseconds,
        )
    )


def unreadable(check: Check, error: SyncError) -> Finding:
    """Return a bad setting as a fault with the field it can be mended at."""
    name = error.title.partition(" ")[0]
    known = next((one for one in DECLARED if one.variable == name), None)
    return check.failed(error, NOTHING, deed=f"settings:{known.field}" if known else "")
