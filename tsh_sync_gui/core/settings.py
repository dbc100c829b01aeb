"""Settings: each is one declared field with type, default, range, title and help; forms and docs come of it.

Precedence: command line > environment > `.env` (working folder, then TSH_HOME) > saved > default (design.md 7).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from dataclasses import field as attribute
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from tsh_sync_gui.core.errors import ConfigurationError, SyncError, VaultError
from tsh_sync_gui.core.paths import default_home
from tsh_sync_gui.core.saved import read_saved, write_saved
from tsh_sync_gui.core.setting_checks import without_password
from tsh_sync_gui.core.setting_fields import Scope, Settings
from tsh_sync_gui.core.values import VaultKind

__all__ = [
    "BY_NAME",
    "DECLARED",
    "Declared",
    "Loaded",
    "Origin",
    "Scope",
    "Settings",
    "find",
    "load",
    "outside_value",
    "save",
    "validated",
]
DOTS: Final = "••••"
BLOCKED_AT: Final = 100
_GLIMPSE: Final = 20


class Origin(StrEnum):
    """Where a value comes from; the first three are shown locked."""

    COMMAND_LINE = "command_line"
    ENVIRONMENT = "environment"
    ENV_FILE = "env_file"
    SAVED = "saved"
    DEFAULT = "default"

    @property
    def is_locked(self) -> bool:
        """Tell whether the value can't be changed from within the program."""
        return self in {Origin.COMMAND_LINE, Origin.ENVIRONMENT, Origin.ENV_FILE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One setting as forms, documents and `config` need it."""

    field: str
    variable: str
    title: str
    help: str
    section: str
    scope: Scope
    default: str
    range: str
    info: FieldInfo

    @property
    def is_secret(self) -> bool:
        """Tell whether the value is shown as dots."""
        return self.info.annotation is SecretStr

    @property
    def is_later(self) -> bool:
        """Tell whether nothing reads the setting yet; it is kept for the part that will."""
        extra = self.info.json_schema_extra
        return isinstance(extra, dict) and bool(extra["later"])

    def matches(self, text: str) -> bool:
        """Tell whether *text* is part of the variable, the field, the title or the help."""
        return text.strip().casefold() in f"{self.variable} {self.field} {self.title} {self.help}".casefold()

    def shown(self, text: str) -> str:
        """Return *text* as it may be shown: a secret as dots with its last four characters."""
        if not self.is_secret or not text:
            return text
        if self.field == "database_url":
            return without_password(text, DOTS)
        return DOTS + text[-4:] if len(text) >= 12 else DOTS

    def caution(self, text: str) -> str:
        """Return what a person should know of a good value, empty when there is nothing."""
        if self.field == "per_minute" and text.isascii() and text.isdigit() and int(text) > BLOCKED_AT:
            return f"Zoho blocks an organization for a while at {BLOCKED_AT} calls a minute."
        return ""


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(sorted(value)) if isinstance(value, (set, frozenset)) else str(value)


def _range(name: str, info: FieldInfo) -> str:
    low = next((rule.ge for rule in info.metadata if hasattr(rule, "ge")), None)
    high = next((rule.le for rule in info.metadata if hasattr(rule, "le")), None)
    if low is not None and high is not None:
        return f"{low:,} to {high:,}"
    known = {
        "products": "books, inventory or books,inventory",
        "theme": "system, light or dark",
        "language": "system, en or ar",
        "api_version": "v and a number",
        "organization_id": "up to 19 digits",
        "webhook_secret": "12 to 50 letters and digits",
        "webhook_header": "letters, digits and hyphens",
        "listener_host": "an address of this computer",
        "vault": "auto, keychain or file",
        "client_type": "server, desktop or self",
    }
    return "true or false" if info.annotation is bool else known.get(name, "")


def _declare(name: str, info: FieldInfo) -> Declared:
    extra = info.json_schema_extra
    assert isinstance(extra, dict)  # noqa: S101 -- every field is made by _declared
    scope = extra["scope"]
    return Declared(
        field=name,
        variable=str(info.validation_alias),
        title=info.title or name,
        help=info.description or "",
        section=str(extra["section"]),
        scope="machine" if scope == "machine" else "shared" if scope == "shared" else "secret",
        default=_text(info.default),
        range=_range(name, info),
        info=info,
    )


DECLARED: Final = tuple(_declare(name, info) for name, info in Settings.model_fields.items())
BY_NAME: Final = {name: one for one in DECLARED for name in (one.field, one.variable)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Settings with the home they belong to and each value's origin.

    *vault* is where its secrets rest, None where nobody looked; *vault_problem* says why they could not be read, and
    *vault_error* is that as an error. *database_withheld* is set where the database's address is among those: no other
    database may be taken for it. *is_rotating* tells that a rotation was broken off before the former sign-in ended.
    """

    settings: Settings
    home: Path
    origins: Mapping[str, Origin]
    is_demo: bool = False
    vault: VaultKind | None = None
    vault_problem: str = ""
    vault_error: SyncError | None = attribute(default=None, compare=False)
    database_withheld: str = ""
    is_rotating: bool = False

    def text(self, field: str) -> str:
        """Return the value of *field* as a person would write it."""
        return _text(getattr(self.settings, field))

    def check_vault_open(self) -> None:
        """Raise why the secrets can't be read, if they can't: what is missing may rest there."""
        if self.vault_error is not None:
            raise copy(self.vault_error)  # a raised error gathers the frames it went through, time after time


def find(name: str) -> Declared:
    """Return the setting called *name* (field or variable); ConfigurationError names what there is."""
    found = BY_NAME.get(name) or BY_NAME.get(name.upper()) or BY_NAME.get(name.lower().replace("-", "_"))
    if found is None:
        raise ConfigurationError(
            f"There is no setting “{name}”", advice="`tsh-sync config show` lists all settings with their names."
        )
    return found


def validated(values: Mapping[str, Any]) -> Settings:
    """Return settings of *values* by field; ConfigurationError names variable, value and range."""
    named = {next(one.variable for one in DECLARED if one.field == field): value for field, value in values.items()}
    try:
        return Settings(**named)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        one = find(str(problem["loc"][0]))
        shown = DOTS if one.is_secret else _text(problem["input"])
        if "too_long" in problem["type"]:
            shown = DOTS if one.is_secret else f"{shown[:_GLIMPSE]}…"
            allowed = f"up to {problem['ctx']['max_length']} characters"
        else:
            allowed = one.range or problem["msg"].removeprefix("Value error, ")
        raise ConfigurationError(
            f"{one.variable} is “{shown}”, which is not allowed", advice=f"Allowed: {allowed}.", cause=problem["type"]
        ) from None


def _env_file(path: Path) -> Mapping[str, str | None]:
    """Return what an `.env` file says; ConfigurationError names the file when it is no UTF-8 text."""
    if path.is_fifo():
        raise ConfigurationError(
            f"{path} is a pipe, which is read once and may never end", advice="Save it as a text file, or move it away."
        )
    try:
        return dotenv_values(path, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The file {path} cannot be read", advice="Save it as UTF-8 text, or move it away.", cause=str(error)
        ) from error


def _check_home(home: Path) -> None:
    """Refuse a home that is a file or cannot be made; ConfigurationError names the variable."""
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"TSH_HOME is “{home}”, where no folder can be made",
            advice="Name a folder that you may write to.",
            cause=str(error),
        ) from error


def load(
    *,
    home: Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    shared: Mapping[str, Any] | None = None,
    secrets: Mapping[str, Any] | None = None,
    environment: bool = True,
) -> Loaded:
    """Gather all sources. *overrides* are the command line's, *shared* the database's, *secrets* the vault's; by field.

    *environment* False (the demo) leaves out the environment and both `.env` files. Real work calls
    `bootstrap.gather`, which opens the vault too.
    """
    home = home or default_home()
    _check_home(home)
    layers: list[tuple[Origin, Mapping[str, Any]]] = [(Origin.COMMAND_LINE, overrides or {})]
    if environment:
        for origin, source in _outside(home):
            layers.append((origin, {one.field: source[one.variable] for one in DECLARED if source.get(one.variable)}))
    layers += [(Origin.SAVED, read_saved(home)), (Origin.SAVED, secrets or {}), (Origin.SAVED, shared or {})]
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {one.field: Origin.DEFAULT for one in DECLARED}
    known = {one.field for one in DECLARED}
    for origin, layer in reversed(layers):
        for field, value in layer.items():
            if field in known and value is not None:
                values[field], origins[field] = value, origin
    return Loaded(settings=validated(values), home=home, origins=origins)


def _outside(home: Path) -> tuple[tuple[Origin, Mapping[str, str | None]], ...]:
    here, there = (_env_file(folder / ".env") for folder in (Path.cwd(), home))
    return (Origin.ENVIRONMENT, os.environ), (Origin.ENV_FILE, here), (Origin.ENV_FILE, there)


def outside_value(home: Path, variable: str) -> str:
    """Return what environment or `.env` say for a variable that is no setting; empty when they say nothing."""
    return next((value for _, source in _outside(home) if (value := source.get(variable))), "")


def save(home: Path, field: str, text: str | None) -> None:
    """Check *text* and keep it in TSH_HOME/settings.toml; None goes back to the default.

    Secrets are refused: `bootstrap.secrets.keep` takes them to the vault.
    """
    one = find(field)
    if one.scope == "secret":
        raise VaultError(
            f"{one.variable} is a secret and is not saved in the clear",
            advice=f"Set {one.variable} in the environment, or sign in.",
        )
    if text is not None:
        validated({one.field: text})
    write_saved(home, one.field, text)
