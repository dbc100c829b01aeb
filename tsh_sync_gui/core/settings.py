"""Settings: each is one declared field with type, default, range, title and help; forms and docs come of it.

Precedence: command line > environment > `.env` (working folder, then TSH_HOME) > saved > default (design.md 7).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.paths import default_home
from tsh_sync_gui.core.saved import read_saved, write_saved

Scope = Literal["machine", "shared", "secret"]


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


def _web_address(text: str) -> str:
    """Accept https, and http only for loopback, so that no secret leaves in the clear."""
    parts = urlsplit(text)
    loopback = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    if not parts.hostname or (parts.scheme != "https" and not (parts.scheme == "http" and loopback)):
        raise ValueError("an https:// address; http:// only for 127.0.0.1 and localhost")
    return text.rstrip("/")


def _database_address(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if text and not text.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")):
        raise ValueError("an address such as postgresql://user@host/name")
    return secret


def _product_set(value: Any) -> Any:
    return [part.strip().lower() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _digits(text: str) -> str:
    if text and not re.fullmatch(r"[0-9]{1,19}", text):
        raise ValueError("digits only, as Zoho shows it under Manage Organizations")
    return text


Address = Annotated[str, AfterValidator(_web_address)]
Products = Annotated[frozenset[Literal["books", "inventory"]], BeforeValidator(_product_set), Field(min_length=1)]


def _declared(variable: str, title: str, default: Any, text: str, *, section: str, scope: Scope, **bounds: Any) -> Any:
    return Field(
        default,
        validation_alias=variable,
        title=title,
        description=text,
        json_schema_extra={"section": section, "scope": scope},
        **bounds,
    )


class Settings(BaseSettings):
    """All settings, checked. Secrets have no repr."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True, validate_default=True)

    client_id: str = _declared(
        "ZOHO_CLIENT_ID", "Client id", "", "From Zoho's API console.", section="Zoho", scope="secret"
    )
    client_secret: SecretStr = _declared(
        "ZOHO_CLIENT_SECRET", "Client secret", "", "From Zoho's API console.", section="Zoho", scope="secret"
    )
    refresh_token: SecretStr = _declared(
        "ZOHO_REFRESH_TOKEN", "Refresh token", "", "What the sign-in gave us.", section="Zoho", scope="secret"
    )
    organization_id: Annotated[str, AfterValidator(_digits)] = _declared(
        "ZOHO_ORGANIZATION_ID", "Organization", "", "Zoho's number of the organization.", section="Zoho", scope="shared"
    )
    api_base_url: Address = _declared(
        "ZOHO_API_BASE_URL",
        "API address",
        "https://www.zohoapis.com",
        "The data centre's API host.",
        section="Zoho",
        scope="shared",
    )
    accounts_url: Address = _declared(
        "ZOHO_ACCOUNTS_URL",
        "Accounts address",
        "https://accounts.zoho.com",
        "The data centre's sign-in host.",
        section="Zoho",
        scope="shared",
    )
    api_version: str = _declared(
        "ZOHO_API_VERSION",
        "API version",
        "v3",
        "Path segment for Zoho Books; Inventory is v1.",
        section="Zoho",
        scope="shared",
        pattern=r"^v[0-9]+$",
    )
    products: Products = _declared(
        "ZOHO_PRODUCTS",
        "Products",
        "books,inventory",
        "Which Zoho products the organization has: books, inventory or both.",
        section="Zoho",
        scope="shared",
    )
    sync_enabled: bool = _declared(
        "ZOHO_SYNC_ENABLED",
        "Sync enabled",
        True,
        "Off: no call leaves by schedule or worker; a person's action asks first.",
        section="Limits",
        scope="shared",
    )
    per_minute: int = _declared(
        "ZOHO_RATE_LIMIT_PER_MINUTE",
        "Calls per minute",
        20,
        "Zoho blocks the organization at 100 a minute.",
        section="Limits",
        scope="shared",
        ge=1,
        le=1_000_000,
    )
    per_day: int = _declared(
        "ZOHO_DAILY_LIMIT",
        "Calls per day",
        1000,
        "Your plan's daily quota; Zoho's own figure corrects it.",
        section="Limits",
        scope="shared",
        ge=0,
        le=100_000_000,
    )
    concurrency: int = _declared(
        "ZOHO_CONCURRENCY",
        "Calls at once",
        5,
        "Zoho allows 5 on the free plan, 10 on paid plans.",
        section="Limits",
        scope="shared",
        ge=1,
        le=64,
    )
    batch_size: int = _declared(
        "ZOHO_BATCH_SIZE",
        "Records per page",
        200,
        "200 is Zoho's maximum and the cheapest.",
        section="Limits",
        scope="shared",
        ge=1,
        le=200,
    )
    stock_interval_minutes: int = _declared(
        "TDS_STOCK_SYNC_INTERVAL_MINUTES",
        "Stock every (minutes)",
        30,
        "How often the stock walk is due.",
        section="Limits",
        scope="shared",
        ge=1,
        le=1440,
    )
    debug: bool = _declared(
        "ZOHO_DEBUG", "Debug log", False, "Write more into the log.", section="Logs", scope="machine"
    )
    log_api_calls: bool = _declared(
        "ZOHO_LOG_API_CALLS",
        "Keep API bodies",
        False,
        "Keep request and answer bodies, redacted, for 7 days.",
        section="Logs",
        scope="machine",
    )
    database_url: Annotated[SecretStr, AfterValidator(_database_address)] = _declared(
        "TSH_DATABASE_URL",
        "Database address",
        "",
        "Empty: the embedded PostgreSQL. Otherwise postgresql://user@host/name.",
        section="Database",
        scope="machine",
    )
    theme: Literal["system", "light", "dark"] = _declared(
        "TSH_THEME", "Appearance", "system", "Light, dark, or as the system.", section="Appearance", scope="machine"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read only what `load` hands over: it knows the order and remembers each value's origin."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,) if isinstance(init_settings, InitSettingsSource) else ()


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
        return self.info.annotation is SecretStr or self.field == "database_url"


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
        "api_version": "v and a number",
        "organization_id": "up to 19 digits",
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
    """Settings with the home they belong to and each value's origin."""

    settings: Settings
    home: Path
    origins: Mapping[str, Origin]
    is_demo: bool = False

    def text(self, field: str) -> str:
        """Return the value of *field* as a person would write it."""
        return _text(getattr(self.settings, field))


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
        shown = "••••" if one.is_secret else _text(problem["input"])
        allowed = one.range or problem["msg"].removeprefix("Value error, ")
        raise ConfigurationError(
            f"{one.variable} is “{shown}”, which is not allowed", advice=f"Allowed: {allowed}.", cause=problem["type"]
        ) from None


def _env_file(path: Path) -> Mapping[str, str | None]:
    """Return what an `.env` file says; ConfigurationError names the file when it is no UTF-8 text."""
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
    environment: bool = True,
) -> Loaded:
    """Gather all sources. *overrides* are the command line's, *shared* the database's; both by field.

    *environment* False (the demo) leaves out the environment and both `.env` files.
    """
    home = home or default_home()
    _check_home(home)
    layers: list[tuple[Origin, Mapping[str, Any]]] = [(Origin.COMMAND_LINE, overrides or {})]
    if environment:
        here, there = (_env_file(folder / ".env") for folder in (Path.cwd(), home))
        for origin, source in ((Origin.ENVIRONMENT, os.environ), (Origin.ENV_FILE, here), (Origin.ENV_FILE, there)):
            layers.append((origin, {one.field: source[one.variable] for one in DECLARED if source.get(one.variable)}))
    layers += [(Origin.SAVED, read_saved(home)), (Origin.SAVED, shared or {})]
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {one.field: Origin.DEFAULT for one in DECLARED}
    known = {one.field for one in DECLARED}
    for origin, layer in reversed(layers):
        for field, value in layer.items():
            if field in known and value is not None:
                values[field], origins[field] = value, origin
    return Loaded(settings=validated(values), home=home, origins=origins)


def save(home: Path, field: str, text: str | None) -> None:
    """Check *text* and keep it in TSH_HOME/settings.toml; None goes back to the default."""
    one = find(field)
    if one.scope == "secret":
        raise ConfigurationError(
            f"{one.variable} is a secret and is not saved in the clear",
            advice=f"Set {one.variable} in the environment, or sign in.",
        )
    if text is not None:
        validated({one.field: text})
    write_saved(home, one.field, text)
