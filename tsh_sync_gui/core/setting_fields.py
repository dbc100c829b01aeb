"""The list of all settings: each is one declared field with type, default, range, title and help."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from tsh_sync_gui.core import setting_checks as checks

LONGEST_CREDENTIAL: Final = 500
"""Zoho's have 20 to 70 characters; what is much longer is a whole file pasted by mistake."""

Scope = Literal["machine", "shared", "secret"]

Address = Annotated[str, AfterValidator(checks.web_address)]
Products = Annotated[frozenset[Literal["books", "inventory"]], BeforeValidator(checks.product_set), Field(min_length=1)]


def _declared(
    variable: str,
    title: str,
    default: Any,
    text: str,
    *,
    section: str,
    scope: Scope,
    later: bool = False,
    **bounds: Any,
) -> Any:
    """Declare a setting; *later* says that nothing reads it yet (its help says so too)."""
    return Field(
        default,
        validation_alias=variable,
        title=title,
        description=text,
        json_schema_extra={"section": section, "scope": scope, "later": later},
        **bounds,
    )


class ZohoSettings(BaseSettings):
    """How Zoho is reached and how much of it may be used; the first part of the settings."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True, validate_default=True)

    client_id: str = _declared(
        "ZOHO_CLIENT_ID",
        "Client id",
        "",
        "From Zoho's API console.",
        section="Connection",
        scope="secret",
        max_length=LONGEST_CREDENTIAL,
    )
    client_secret: SecretStr = _declared(
        "ZOHO_CLIENT_SECRET",
        "Client secret",
        "",
        "From Zoho's API console.",
        section="Connection",
        scope="secret",
        max_length=LONGEST_CREDENTIAL,
    )
    refresh_token: SecretStr = _declared(
        "ZOHO_REFRESH_TOKEN",
        "Refresh token",
        "",
        "What the sign-in gave us.",
        section="Connection",
        scope="secret",
        max_length=LONGEST_CREDENTIAL,
    )
    organization_id: Annotated[str, AfterValidator(checks.digits)] = _declared(
        "ZOHO_ORGANIZATION_ID",
        "Organization",
        "",
        "Zoho's number of the organization.",
        section="Connection",
        scope="shared",
    )
    api_base_url: Address = _declared(
        "ZOHO_API_BASE_URL",
        "API address",
        "https://www.zohoapis.com",
        "The data centre's API host.",
        section="Connection",
        scope="shared",
    )
    accounts_url: Address = _declared(
        "ZOHO_ACCOUNTS_URL",
        "Accounts address",
        "https://accounts.zoho.com",
        "The data centre's sign-in host.",
        section="Connection",
        scope="shared",
    )
    api_version: str = _declared(
        "ZOHO_API_VERSION",
        "API version",
        "v3",
        "Path segment for Zoho Books; Inventory is v1.",
        section="Connection",
        scope="shared",
        pattern=r"^v[0-9]+$",
    )
    products: Products = _declared(
        "ZOHO_PRODUCTS",
        "Products",
        "books,inventory",
        "Which Zoho products the organization has: books, inventory or both.",
        section="Connection",
        scope="shared",
    )
    client_type: Literal["server", "desktop", "self"] = _declared(
        "ZOHO_CLIENT_TYPE",
        "Client type",
        "server",
        "As Zoho's console shows it: server-based, mobile or desktop (needs no secret), or self client.",
        section="Connection",
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
    webhook_secret: Annotated[SecretStr, AfterValidator(checks.webhook_secret)] = _declared(
        "ZOHO_WEBHOOK_SECRET",
        "Webhook secret",
        "",
        "Signs what Zoho delivers; entered in Zoho with the webhook. After a change the old one is valid for 24 hours.",
        section="Webhooks",
        scope="secret",
    )
    webhook_header: Annotated[str, AfterValidator(checks.header_name)] = _declared(
        "ZOHO_WEBHOOK_HEADER",
        "Secret header",
        "",
        "Empty: deliveries are signed. Otherwise the name of a header of your own that carries the webhook secret.",
        section="Webhooks",
        scope="shared",
    )
    webhook_url: Annotated[str, AfterValidator(checks.optional_web_address)] = _declared(
        "ZOHO_WEBHOOK_URL",
        "Webhook address",
        "",
        "Where Zoho delivers webhooks, as it is reached from outside.",
        section="Webhooks",
        scope="shared",
    )
    webhook_processing: bool = _declared(
        "ZOHO_WEBHOOK_PROCESSING",
        "Do what webhooks ask for",
        True,
        "Off: deliveries are kept and wait, also over a restart.",
        section="Webhooks",
        scope="shared",
    )
    webhook_silence_minutes: int = _declared(
        "ZOHO_WEBHOOK_SILENCE_MINUTES",
        "Silent webhooks after (minutes)",
        360,
        "An alarm when so long no webhook tells of records that syncs find changed.",
        section="Webhooks",
        scope="shared",
        ge=5,
        le=10_080,
    )
    webhook_per_day: int = _declared(
        "ZOHO_WEBHOOK_DAILY_LIMIT",
        "Webhooks per day",
        1000,
        "How many Zoho's plan sends a day; the inbox compares today's number with it.",
        section="Webhooks",
        scope="shared",
        ge=1,
        le=10_000_000,
    )
    listener_host: Annotated[str, AfterValidator(checks.listener_host)] = _declared(
        "TSH_LISTENER_HOST",
        "Listener: this computer's address",
        "127.0.0.1",
        "0.0.0.0 takes deliveries from other computers, too. The listener has to be started again after a change.",
        section="Webhooks",
        scope="machine",
    )
    listener_port: int = _declared(
        "TSH_LISTENER_PORT",
        "Listener: port",
        8000,
        "Where the listener answers on this computer. It has to be started again after a change.",
        section="Webhooks",
        scope="machine",
        ge=1,
        le=65_535,
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


class Settings(ZohoSettings):
    """All settings, checked. Secrets have no repr."""

    image_cache_enabled: bool = _declared(
        "ZOHO_IMAGE_CACHE_ENABLED",
        "Keep product images",
        True,
        "Fetch product images and keep them. Used once images are there.",
        section="Images",
        scope="shared",
        later=True,
    )
    image_cache_dir: str = _declared(
        "ZOHO_IMAGE_CACHE_DIR",
        "Folder for images",
        "",
        "Empty: images in the program's folder. Used once images are there.",
        section="Images",
        scope="machine",
        later=True,
    )
    image_cdn_url: Annotated[str, AfterValidator(checks.optional_web_address)] = _declared(
        "ZOHO_IMAGE_CDN_URL",
        "Public address of images",
        "",
        "Empty: the listener's address. Used once images are there.",
        section="Images",
        scope="shared",
        later=True,
    )
    api_loopback_open: bool = _declared(
        "TSH_API_LOOPBACK_OPEN",
        "Local callers need no token",
        False,
        "Programs on this computer may call the HTTP API without a token.",
        section="Webhooks",
        scope="machine",
    )
    alerts_desktop: bool = _declared(
        "TSH_ALERTS_DESKTOP",
        "Desktop notices",
        True,
        "Tell of alerts on this desktop while the window is open or in the tray.",
        section="Alerts",
        scope="machine",
    )
    alerts_quiet: Annotated[str, AfterValidator(checks.quiet_hours)] = _declared(
        "TSH_ALERTS_QUIET",
        "Quiet hours",
        "",
        "No notice and no message then, such as 22:00-06:00 in the organization's zone; messages go out afterwards.",
        section="Alerts",
        scope="shared",
    )
    alerts_to: Annotated[SecretStr, AfterValidator(checks.alert_addresses)] = _declared(
        "TSH_ALERTS_TO",
        "Mail and chat addresses",
        "",
        "Addresses in apprise's form, apart by spaces, such as mailtos://user:password@host?to=me@host or tgram://…;"
        " this computer sends to them.",
        section="Alerts",
        scope="secret",
    )
    close_to_tray: bool = _declared(
        "TSH_CLOSE_TO_TRAY",
        "Go on in the tray",
        True,
        "Closing the window leaves its icon in the tray, where the desktop has one; schedules go on.",
        section="Alerts",
        scope="machine",
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
    database_url: Annotated[SecretStr, AfterValidator(checks.database_address)] = _declared(
        "TSH_DATABASE_URL",
        "Database address",
        "",
        "Empty: the embedded PostgreSQL. Otherwise postgresql://user:password@host:5432/name.",
        section="Database",
        scope="secret",
    )
    vault: Literal["auto", "keychain", "file"] = _declared(
        "TSH_VAULT",
        "Secrets rest in",
        "auto",
        "auto: the system's keychain, else the encrypted file if there is one. keychain or file: nothing else.",
        section="Connection",
        scope="machine",
    )
    theme: Literal["system", "light", "dark"] = _declared(
        "TSH_THEME", "Appearance", "system", "Light, dark, or as the system.", section="Appearance", scope="machine"
    )
    language: Literal["system", "en", "ar"] = _declared(
        "TSH_LANGUAGE",
        "Language",
        "system",
        "English, Arabic, or as the system. The window speaks it at once.",
        section="Appearance",
        scope="machine",
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
