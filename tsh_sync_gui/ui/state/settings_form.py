"""The settings as a form: generated from what is declared, each with its source and its range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import DECLARED, DOTS, Declared, Loaded, Origin, find, validated
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.ui.state.texts import tr

Kind = Literal["text", "number", "flag", "choice", "several", "secret", "address"]
_ORDER = ("Connection", "Database", "Limits", "Appearance", "Logs")
_ADDRESS = "database_url"
_SEVERAL = "products"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldState:
    """One setting as its row shows it: *locked* says why it can't be changed here.

    A secret's *value* is empty, and an address' one has dots for its password; *shown* is what stands in for a secret.
    """

    field: str
    variable: str
    title: str
    help: str
    kind: Kind
    value: str
    source: str
    range: str
    shown: str = ""
    locked: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    can_reset: bool = False
    can_reveal: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that belong together."""

    key: str
    title: str
    fields: tuple[FieldState, ...]


def sections(
    loaded: Loaded, *, has_database: bool, saved: Mapping[str, str | None] | None = None
) -> tuple[Section, ...]:
    """Return the settings by section; *saved* are values kept since *loaded* was read (None: default).

    What nothing reads yet is left out: it would promise what nobody keeps.
    """
    found: dict[str, list[FieldState]] = {}
    for one in DECLARED:
        if not one.is_later:
            found.setdefault(one.section, []).append(_field(one, loaded, has_database=has_database, saved=saved or {}))
    order = sorted(found, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    return tuple(Section(name, tr(name), tuple(found[name])) for name in order)


def _field(one: Declared, loaded: Loaded, *, has_database: bool, saved: Mapping[str, str | None]) -> FieldState:
    origin = loaded.origins.get(one.field, Origin.DEFAULT)
    value = loaded.text(one.field)
    if one.field in saved and not origin.is_locked:
        kept = saved[one.field]
        value, origin = (one.default, Origin.DEFAULT) if kept is None else (kept, Origin.SAVED)
    kind = _kind(one)
    is_demos = loaded.is_demo and origin is Origin.COMMAND_LINE
    return FieldState(
        field=one.field,
        variable=one.variable,
        title=tr(one.title),
        help=tr(one.help),
        kind=kind,
        value="" if kind == "secret" else one.shown(value),
        shown=masked(one, value) if kind == "secret" else "",
        source=tr("Set by the demo") if is_demos else source_text(origin, one, loaded.vault),
        range=tr(one.range),
        locked=_locked(one, origin, loaded, has_database=has_database),
        choices=_choices(one),
        can_reset=origin is Origin.SAVED,
        can_reveal=one.is_secret and one.shown(value) != value and not is_demos,
    )


def masked(one: Declared, value: str) -> str:
    """Return a secret as dots with its last four characters, or that there is none."""
    return one.shown(value) or tr("not set")


def source_text(origin: Origin, one: Declared, vault: VaultKind | None) -> str:
    """Return where a value comes from."""
    if origin is Origin.SAVED:
        if one.scope == "secret" and vault is not VaultKind.ENVIRONMENT:
            return tr("In the encrypted file") if vault is VaultKind.FILE else tr("In the keychain")
        return tr("Saved for all machines") if one.scope == "shared" else tr("Saved on this machine")
    return {
        Origin.COMMAND_LINE: tr("From the command line"),
        Origin.ENVIRONMENT: tr("From the environment"),
        Origin.ENV_FILE: tr("From the .env file"),
    }.get(origin, tr("Default"))


def _locked(one: Declared, origin: Origin, loaded: Loaded, *, has_database: bool) -> str:
    if loaded.is_demo and origin is Origin.COMMAND_LINE:
        return tr("Set by the demo.")
    if origin.is_locked:
        return tr("{source}: it goes before what is saved here.").format(source=source_text(origin, one, loaded.vault))
    if one.scope == "shared" and not has_database:
        return tr("Kept in the database, which is not open.")
    if one.scope == "secret" and loaded.vault_problem:
        return loaded.vault_problem
    return ""


def _kind(one: Declared) -> Kind:
    if one.field == _ADDRESS:
        return "address"
    if one.is_secret:
        return "secret"
    if one.info.annotation is bool:
        return "flag"
    if one.info.annotation is int:
        return "number"
    if one.field == _SEVERAL:
        return "several"
    return "choice" if _choices(one) else "text"


def _choices(one: Declared) -> tuple[tuple[str, str], ...]:
    return {
        "theme": (("system", tr("As the system")), ("light", tr("Light")), ("dark", tr("Dark"))),
        "language": (("system", tr("As the system")), ("en", "English"), ("ar", "العربية")),
        _SEVERAL: (("books", "Zoho Books"), ("inventory", "Zoho Inventory")),
        "vault": (
            ("auto", tr("As it fits")),
            ("keychain", tr("The system's keychain")),
            ("file", tr("An encrypted file")),
        ),
        "client_type": (
            ("server", tr("Server-based")),
            ("desktop", tr("Mobile or desktop")),
            ("self", tr("Self client")),
        ),
    }.get(one.field, ())


def fault(field: str, text: str) -> str:
    """Return what is wrong with *text* for *field* and what is allowed; empty when it is good."""
    if field == _ADDRESS and DOTS in text:
        return tr("Write the password in place of the dots.")
    try:
        validated({field: text})
    except ConfigurationError as error:
        return error.advice
    return ""


def caution(field: str, text: str) -> str:
    """Return what a person should know of a good value, empty when there is nothing."""
    return tr(words) if (words := find(field).caution(text)) else ""


def finds(field: FieldState, text: str) -> bool:
    """Tell whether a search for *text* finds the setting, by its variable, its name in files, its title or its help."""
    wanted = text.strip().casefold()
    return wanted in f"{field.title} {field.variable} {field.field} {field.help}".casefold()
