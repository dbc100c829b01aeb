"""The app step: what is chosen and typed, and what is to be pasted into Zoho's console."""

from __future__ import annotations

from dataclasses import dataclass

from tsh_sync_gui.bootstrap.setup.values import ClientType, ConsoleValues, DataCentre, ZohoApp
from tsh_sync_gui.ui.state.texts import tr

CLIENT_TYPES: tuple[ClientType, ...] = ("server", "desktop", "self")


@dataclass(frozen=True, slots=True, kw_only=True)
class AppForm:
    """What stands in the form; its repr says nothing of the secret."""

    client_id: str = ""
    client_secret: str = ""
    client_type: ClientType = "server"
    location: str = "us"
    products: frozenset[str] = frozenset({"books", "inventory"})

    def __repr__(self) -> str:
        """Say everything but the secret."""
        return f"AppForm({self.client_id}, {self.client_type}, {self.location}, {sorted(self.products)})"


@dataclass(frozen=True, slots=True)
class PasteValue:
    """One value for Zoho's console: the name it has there, the value, and what to mind."""

    title: str
    value: str
    hint: str = ""


def type_titles() -> dict[ClientType, tuple[str, str]]:
    """Return Zoho's client types: their name there and when to take which."""
    return {
        "server": (tr("Server-based application"), tr("The usual choice. Sign-in comes back by itself.")),
        "desktop": (tr("Mobile or desktop application"), tr("The same, for apps without a secret.")),
        "self": (tr("Self client"), tr("No redirect: you paste a code that Zoho shows you.")),
    }


def centre_title(centre: DataCentre) -> str:
    """Return a region with the address a person knows it by."""
    host = centre.accounts_url.split("://")[-1].removeprefix("accounts.")
    return f"{tr(centre.title)} · {host}"


def paste_values(values: ConsoleValues, client_type: ClientType) -> tuple[PasteValue, ...]:
    """Return what is to be pasted, in the order of Zoho's form."""
    if client_type == "self":
        return (PasteValue(tr("Scope"), values.scopes, tr("Asked for when you create a code, in the next step.")),)
    others = ", ".join(values.other_redirect_uris)
    spare = tr("Add these as well, in case the port is taken: {others}").format(others=others) if others else ""
    return (
        PasteValue(tr("Client name"), values.client_name),
        PasteValue(tr("Homepage URL"), values.homepage_url),
        PasteValue(tr("Authorized redirect URI"), values.redirect_uri, spare),
    )


def is_kept(form: AppForm, app: ZohoApp | None) -> bool:
    """Tell whether the form says what is kept already."""
    return (
        app is not None
        and not form.client_secret
        and (form.client_id, form.client_type, form.location, form.products)
        == (app.client_id, app.client_type, app.location, app.products)
    )


def form_from(app: ZohoApp | None) -> AppForm:
    """Return the form as it is first shown."""
    if app is None:
        return AppForm()
    return AppForm(
        client_id=app.client_id, client_type=app.client_type, location=app.location or "us", products=app.products
    )


def secret_hint(app: ZohoApp | None, client_type: ClientType) -> str:
    """Return what stands in the empty field of the secret."""
    if app is not None and app.client_secret_shown:
        return tr("Kept: {dots}. Leave empty to keep it.").format(dots=app.client_secret_shown)
    return tr("Only if Zoho shows one") if client_type == "desktop" else tr("From Zoho's console, under Client Secret")


def products_fault(products: frozenset[str]) -> str:
    """Return what is wrong with the choice of products."""
    return "" if products else tr("Choose at least one product.")
