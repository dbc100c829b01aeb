"""A set-up for tests: a home with an encrypted file for secrets, a real database, and a simulator that consents."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tsh_sync_gui.bootstrap.secrets import home_vault, make_file_vault
from tsh_sync_gui.bootstrap.setup import open_setup
from tsh_sync_gui.bootstrap.setup.service import Setup
from tsh_sync_gui.bootstrap.setup.values import SignedIn
from tsh_sync_gui.simulator import ORGANIZATION_ID, Simulator
from tsh_sync_gui.vault import file_vault
from tsh_sync_gui.vault.sealed import Header

PASSPHRASE = "seven green bicycles"
CLIENT_ID = "1000.TESTCLIENT000000000000000000A1"
CLIENT_SECRET = "0123456789abcdef0123456789abcdef0123456789"
BOTH = frozenset({"books", "inventory"})


def silent(_words: str) -> None:
    """Hear of progress and say nothing."""


def with_vault(home: Path) -> Path:
    """Make the home's encrypted file and open it for this process; its key costs next to nothing."""
    cheap = Header(salt=base64.b64encode(secrets.token_bytes(16)).decode(), n=16)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_vault, "new_header", lambda: msgspec.json.encode(cheap))
        make_file_vault(home, PASSPHRASE)
    return home


def secrets_of(home: Path) -> dict[str, str]:
    """Return what the home's vault keeps."""
    return {name: secret.get_secret_value() for name, secret in home_vault(home, environment=False).read().items()}


@asynccontextmanager
async def opened(home: Path, **terms: Any) -> AsyncIterator[Setup]:
    """Open the set-up of *home*, as a start of the program does; nothing of this machine's environment counts."""
    async with open_setup(home, **{"ports": (0,), "environment": False, "browser_seconds": 20.0, **terms}) as setup:
        yield setup


async def at_zoho(setup: Setup, simulator: Simulator, url: str) -> None:
    """Choose the database at *url*, and let the simulator stand for Zoho."""
    await setup.choose_database(url, silent)
    await setup.ground.keep_shared({"accounts_url": simulator.url, "api_base_url": simulator.url, "per_minute": "6000"})
    await setup.ground.settings()


async def with_app(setup: Setup, simulator: Simulator, url: str, **app: Any) -> None:
    """Go as far as the app."""
    await at_zoho(setup, simulator, url)
    chosen = {"client_type": "server", "location": "us", "products": BOTH, **app}
    await setup.keep_app(CLIENT_ID, chosen.pop("secret", CLIENT_SECRET), **chosen)


async def consent(simulator: Simulator, url: str, *, auto: str = "accept", user: int = 0) -> httpx.Response:
    """Be the browser: open *url*, let the simulator's person decide, and follow the way back."""
    async with httpx.AsyncClient(timeout=20) as http:
        reply = await http.post(f"{simulator.url}/__sim/consent", json={"auto": auto, "user": user})
        assert reply.status_code == 200, reply.text
        return await http.get(url, follow_redirects=True)


async def signed_in(setup: Setup, simulator: Simulator, **begin: Any) -> SignedIn:
    """Sign in through the browser's way."""
    attempt = await setup.begin_sign_in(**begin)
    waiting = asyncio.create_task(setup.await_browser())
    await consent(simulator, attempt.url)
    return await waiting


async def connected(setup: Setup, simulator: Simulator, url: str) -> None:
    """Go as far as the chosen organization."""
    await with_app(setup, simulator, url)
    await signed_in(setup, simulator)
    await setup.choose_organization(ORGANIZATION_ID)


def facts(simulator: Simulator) -> dict[str, Any]:
    """Return what the simulator knows of sign-ins."""
    found: dict[str, Any] = httpx.get(f"{simulator.url}/__sim/oauth").json()
    return found


def control(simulator: Simulator, name: str, body: Any = None) -> Any:
    """Use a control endpoint of the simulator."""
    reply = httpx.post(f"{simulator.url}/__sim/{name}", json=body or {})
    assert reply.status_code == 200, reply.text
    return reply.json()


Make = Callable[..., Simulator]
