"""Step 3: the app as it is registered in Zoho's console, and the region it lives in."""

from __future__ import annotations

import re
from typing import Final, get_args

from tsh_sync_gui.bootstrap.setup.ground import Ground
from tsh_sync_gui.bootstrap.setup.values import ClientType, ConsoleValues, DataCentre, Step, ZohoApp
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Loaded, find, validated
from tsh_sync_gui.zoho.data_centres import Region, of_location
from tsh_sync_gui.zoho.receiver import redirect_uri
from tsh_sync_gui.zoho.scopes import wanted_scopes
from tsh_sync_gui.zoho.signin import AccountsServer, Client, find_region

CLIENT_NAME: Final = "TSH Sync"
_ID: Final = re.compile(r"1000\.[0-9A-Z]{6,64}\Z")
_SECRET: Final = re.compile(r"[0-9a-f]{32,64}\Z")


class AppStep:
    """Values are checked by their form at once, and by Zoho when a person signs in."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def data_centres(self) -> tuple[DataCentre, ...]:
        """Return Zoho's ten regions."""
        return tuple(_centre(region) for region in self._ground.regions())

    def console_values(self, location: str, products: frozenset[str]) -> ConsoleValues:
        """Return what is to be pasted into Zoho's API console."""
        first, *others = (redirect_uri(port) for port in self._ground.terms.ports)
        return ConsoleValues(
            client_name=CLIENT_NAME,
            homepage_url=first.rpartition("/")[0],
            redirect_uri=first,
            other_redirect_uris=tuple(others),
            scopes=",".join(wanted_scopes(self._ground.terms.registry, self._ground.products(products))),
            console_url=self._region_of(location).console_url,
        )

    async def app(self) -> ZohoApp | None:
        """Return the app that is kept, None before there is one."""
        loaded = await self._ground.settings()
        now = loaded.settings
        if not now.client_id:
            loaded.check_vault_open()  # nobody shall enter a secret twice
            return None
        return ZohoApp(
            client_id=now.client_id,
            client_secret_shown=find("client_secret").shown(now.client_secret.get_secret_value()),
            client_type=now.client_type,
            location=self._ground.region(loaded).location,
            products=frozenset(now.products),
        )

    def check_app(self, client_id: str, client_secret: str, client_type: ClientType) -> dict[str, str]:
        """Return what is wrong with the form of the values, by field, in words; empty when all look right."""
        client_id, client_secret = client_id.strip(), client_secret.strip()
        needs_secret = client_type != "desktop" and not self._has_secret()
        return _wrong(client_id, client_secret, needs_secret=needs_secret)

    async def find_data_centre(self, client_id: str, client_secret: str) -> DataCentre:
        """Ask the regions which one knows this client id; ConfigurationError when none does."""
        # Also none is asked with what can't be an id: it may be the secret, in the wrong field.
        _refuse(_wrong(client_id.strip(), client_secret.strip(), needs_secret=False))
        loaded = await self._ground.settings()
        secret = client_secret.strip() or loaded.settings.client_secret.get_secret_value()
        client = Client(id=client_id.strip(), secret=secret, kind="server")
        return _centre(await find_region(AccountsServer(), client, self._ground.regions()))

    async def keep_app(
        self, client_id: str, client_secret: str, *, client_type: ClientType, location: str, products: frozenset[str]
    ) -> ZohoApp:
        """Keep the app: id and secret in the vault. An empty secret keeps the one that is there."""
        loaded = await self._ground.settings()
        client_id, client_secret = client_id.strip(), client_secret.strip()
        if client_type not in get_args(ClientType):
            raise ConfigurationError(
                f"“{client_type}” is no client type", advice=f"Allowed: {', '.join(get_args(ClientType))}."
            )
        _refuse(self.check_app(client_id, client_secret, client_type))
        loaded.check_vault_open()
        region = self._region_of(location)
        shared = {"client_type": client_type, "products": ",".join(sorted(products))}
        if region.accounts_url != loaded.settings.accounts_url:
            shared |= {"accounts_url": region.accounts_url, "api_base_url": region.api_url}
        validated(shared)  # before anything is kept
        await self._ground.keep_secrets(
            {"client_id": client_id} | ({"client_secret": client_secret} if client_secret else {})
        )
        await self._ground.keep_shared(shared)
        if loaded.settings.client_id not in {"", client_id} or "accounts_url" in shared:
            await self._ground.kept.change(lambda kept: kept.reopened(Step.SIGN_IN, Step.CHECK))
        kept = await self.app()
        if kept is None:
            raise ConfigurationError("The app was not kept", advice="Look into the vault with `tsh-sync doctor`.")
        return kept

    def client(self, loaded: Loaded) -> Client:
        """Return the app as it signs in; ConfigurationError names what of it is missing."""
        now = loaded.settings
        secret = now.client_secret.get_secret_value()
        needed = {"ZOHO_CLIENT_ID": now.client_id, "ZOHO_CLIENT_SECRET": secret or now.client_type == "desktop"}
        for variable, value in needed.items():
            if not value:
                loaded.check_vault_open()
                raise ConfigurationError(
                    f"{variable} is not set", advice="Enter client id and secret from Zoho's API console first."
                )
        return Client(id=now.client_id, secret=secret, kind=now.client_type)

    def _has_secret(self) -> bool:
        latest = self._ground.latest
        if latest is None:
            return False
        return bool(latest.settings.client_secret.get_secret_value()) or latest.vault_error is not None  # unknown

    def _region_of(self, location: str) -> Region:
        region = of_location(location, self._ground.regions())
        if region is None:
            known = ", ".join(one.location for one in self._ground.regions())
            raise ConfigurationError(f"There is no Zoho region “{location}”", advice=f"Choose from: {known}.")
        return region


def _refuse(wrong: dict[str, str]) -> None:
    for name, words in wrong.items():
        raise ConfigurationError(f"{find(name).title} is not right", advice=words)


def _wrong(client_id: str, client_secret: str, *, needs_secret: bool) -> dict[str, str]:
    words = {"client_id": _wrong_id(client_id), "client_secret": _wrong_secret(client_secret, needed=needs_secret)}
    return {name: wrong for name, wrong in words.items() if wrong}


def _wrong_id(text: str) -> str:
    if _SECRET.match(text):
        return "This looks like the client secret. The client id begins with “1000.”."
    return "" if _ID.match(text) else "A client id begins with “1000.”, then come capital letters and digits."


def _wrong_secret(text: str, *, needed: bool) -> str:
    if _ID.match(text):
        return "This looks like the client id. The secret is digits and the letters a to f."
    if not text:
        return "The client secret is missing; Zoho's console shows it beside the client id." if needed else ""
    return (
        "" if _SECRET.match(text) else "A client secret is 32 or more digits and small letters a to f, without blanks."
    )


def _centre(region: Region) -> DataCentre:
    return DataCentre(
        location=region.location,
        title=region.title,
        accounts_url=region.accounts_url,
        api_url=region.api_url,
        console_url=region.console_url,
    )
