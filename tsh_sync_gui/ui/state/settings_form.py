"""The settings as a form: generated from what is declared, each with its source and its range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import DECLARED, Declared, Loaded, Origin, validated
from tsh_sync_gui.ui.state.texts import tr

Kind = Literal["text", "number", "flag", "choice", "several", "secret"]
_ORDER = ("Database", "Zoho", "Limits", "Appearance", "Logs")
_DOTS = "••••••••"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldState:
    """One setting as its row shows it: *locked* says why it can't be changed here."""

    field: str
    variable: str
    title: str
    help: str
    kind: Kind
    value: str
    source: str
    range: str
    locked: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    can_reset: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Settings that belong together."""

    key: str
    title: str
    fields: tuple[FieldState, ...]


def sections(
    loaded: Loaded, *, has_database: bool, saved: Mapping[str, str | None] | None = None
) -> tuple[Section, ...]:
    """Return all settings by section; *saved* are values kept since *loaded* was read (None: default)."""
    found: dict[str, list[FieldState]] = {}
    for one in DECLARED:
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
        value=masked(value) if kind == "secret" else value,
        source=tr("Set by the demo") if is_demos else source_text(origin, is_shared=one.scope == "shared"),
        range=one.range,
        locked=_locked(one, origin, has_database=has_database, is_demo=loaded.is_demo),
        choices=_choices(one),
        can_reset=origin is Origin.SAVED,
    )


def masked(value: str) -> str:
    """Return a secret as dots with its last four characters."""
    if not value:
        return tr("not set")
    return _DOTS + (value[-4:] if len(value) >= 12 else "")


def source_text(origin: Origin, *, is_shared: bool) -> str:
    """Return where a value comes from."""
    if origin is Origin.SAVED:
        return tr("Saved for all machines") if is_shared else tr("Saved on this machine")
    return {
        Origin.COMMAND_LINE: tr("From the command line"),
        Origin.ENVIRONMENT: tr("From the environment"),
        Origin.ENV_FILE: tr("From the .env file"),
    }.get(origin, tr("Default"))


def _locked(one: Declared, origin: Origin, *, has_database: bool, is_demo: bool) -> str:
    if one.scope == "secret" and one.field != "database_url":
        return tr("Not kept in the clear: set {variable} in the environment or .env.").format(variable=one.variable)
    if is_demo and origin is Origin.COMMAND_LINE:
        return tr("Set by the demo.")
    if origin.is_locked:
        return tr("{source}: it goes before what is saved here.").format(
            source=source_text(origin, is_shared=one.scope == "shared")
        )
    if one.scope == "shared" and not has_database:
        return tr("Kept in the database, which is not open.")
    return ""


def _kind(one: Declared) -> Kind:
    if one.scope == "secret" and one.field != "database_url":
        return "secret"
    if one.info.annotation is bool:
        return "flag"
    if one.info.annotation is int:
        return "number"
    return {"theme": "choice", "products": "several"}.get(one.field, "text")  # type: ignore[return-value] # the literals


def _choices(one: Declared) -> tuple[tuple[str, str], ...]:
    if one.field == "theme":
        return (("system", tr("As the system")), ("light", tr("Light")), ("dark", tr("Dark")))
    if one.field == "products":
        return (("books", "Zoho Books"), ("inventory", "Zoho Inventory"))
    return ()


def fault(field: str, text: str) -> str:
    """Return what is wrong with *text* for *field* and what is allowed; empty when it is good."""
    try:
        validated({field: text})
    except ConfigurationError as error:
        return error.advice
    return ""
