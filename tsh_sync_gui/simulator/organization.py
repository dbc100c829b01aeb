"""The organization itself: TSH Trading, its currencies, taxes, places and people."""

from typing import Any

from tsh_sync_gui.simulator.collection import ID_BASE, ID_SERIES
from tsh_sync_gui.simulator.config import ORGANIZATION_ID, SimulatorConfig

Row = dict[str, Any]
_SERIES_SETTINGS = 90


def setting_id(number: int) -> str:
    """Return the id of a thing that is set up once: a currency, a tax, a place."""
    return str(ID_BASE + _SERIES_SETTINGS * ID_SERIES + number * 2)


IQD = setting_id(1)
USD = setting_id(2)
TAX = setting_id(3)
TAX_NAME = "Sales Tax"
TAX_PERCENT = 5
DOLLAR = 1310
"""Dinars per dollar."""
SALES_ACCOUNT = setting_id(10)
COST_ACCOUNT = setting_id(11)
STOCK_ACCOUNT = setting_id(12)
BANK_ACCOUNT = setting_id(13)
CASH_ACCOUNT = setting_id(14)
TEMPLATE = setting_id(20)
USER = setting_id(21)
SALESPEOPLE = ((setting_id(31), "Hussein Al-Jubouri"), (setting_id(32), "زينب الموسوي"), (setting_id(33), "Dara Ahmed"))
_PLACES = (
    ("Baghdad Main Warehouse", "Baghdad", "بغداد", "Al-Sinaa Street, Karrada"),
    ("Basra Branch", "Basra", "البصرة", "Al-Jazaer Street"),
    ("Erbil Branch", "Erbil", "أربيل", "60 Meter Street"),
    ("Mosul Branch", "Mosul", "الموصل", "Al-Majmoua Street"),
    ("Najaf Branch", "Najaf", "النجف", "Al-Rawan Street"),
)


def place_ids(config: SimulatorConfig) -> list[tuple[str, str]]:
    """Return id and name of each place that holds stock; the first is the primary one."""
    return [
        (
            setting_id(40 + number),
            _PLACES[number % len(_PLACES)][0] + (f" {number + 1}" if number >= len(_PLACES) else ""),
        )
        for number in range(max(config.locations, 1))
    ]


def locations(config: SimulatorConfig) -> list[Row]:
    """Return the reply of `/locations`."""
    return [
        {
            "type": "general",
            "email": "",
            "phone": f"+96477{number}0000000",
            "address": {
                "city": _PLACES[number % len(_PLACES)][1],
                "state": _PLACES[number % len(_PLACES)][1],
                "country": "Iraq",
                "attention": "",
                "state_code": "",
                "street_address1": _PLACES[number % len(_PLACES)][3],
                "street_address2": "",
            },
            "location_id": identifier,
            "location_name": name,
            "tax_settings_id": setting_id(60 + number),
            "status": "active",
            "is_primary": number == 0,
            "associated_series_ids": [setting_id(70 + number)],
            "auto_number_generation_id": setting_id(70 + number),
            "is_all_users_selected": True,
            "associated_users": [{"user_id": USER, "user_name": "tsh-admin"}],
        }
        for number, (identifier, name) in enumerate(place_ids(config))
    ]


def warehouses(config: SimulatorConfig) -> list[Row]:
    """Return the reply of the older `/settings/warehouses`."""
    return [
        {
            "warehouse_id": identifier,
            "warehouse_name": name,
            "attention": "",
            "address": _PLACES[number % len(_PLACES)][3],
            "address1": "",
            "address2": "",
            "city": _PLACES[number % len(_PLACES)][1],
            "state": _PLACES[number % len(_PLACES)][1],
            "state_code": "",
            "country": "Iraq",
            "zip": "",
            "phone": f"+96477{number}0000000",
            "email": "",
            "is_primary": number == 0,
            "status": "active",
            "status_formatted": "Active",
            "sales_channels": [],
        }
        for number, (identifier, name) in enumerate(place_ids(config))
    ]


def currencies() -> list[Row]:
    """Return the reply of `/settings/currencies`."""
    shapes = ((IQD, "IQD", "IQD", "Iraqi Dinar", True, 1.0), (USD, "USD", "$", "US Dollar", False, float(DOLLAR)))
    return [
        {
            "currency_id": identifier,
            "currency_code": code,
            "currency_name": f"{code}- {name}",
            "currency_symbol": symbol,
            "price_precision": 2,
            "currency_format": "1,234,567.89",
            "is_base_currency": base,
            "exchange_rate": rate,
            "effective_date": "",
        }
        for identifier, code, symbol, name, base, rate in shapes
    ]


def taxes() -> list[Row]:
    """Return the reply of `/settings/taxes`."""
    return [
        {
            "tax_id": TAX,
            "tax_name": TAX_NAME,
            "tax_percentage": TAX_PERCENT,
            "tax_type": "tax",
            "tax_specific_type": "",
            "is_value_added": False,
            "is_default_tax": True,
            "is_editable": True,
            "status": "Active",
        }
    ]


_ORGANIZATION: Row = {
    "isOrgNotSupported": False,
    "organization_id": ORGANIZATION_ID,
    "name": "TSH Trading",
    "org_alias_name": "TSH Trading",
    "contact_name": "tsh-admin",
    "email": "admin@tsh.example",
    "source": 1,
    "country": "Iraq",
    "country_code": "IQ",
    "org_settings": True,
    "is_ziedition": False,
    "custom_field_type": 2,
    "custom_fields": [{"index": index, "label": "", "value": ""} for index in range(1, 6)],
    "is_sku_enabled": True,
    "phone": "+9647700000000",
    "org_type": "live",
    "state_code": "",
    "state": "Baghdad",
    "zoho_one_org": "",
    "zi_zb_edition": 1,
    "org_created_app_source": 4,
    "zi_zb_client": 1,
    "is_solo_org": False,
    "partners_domain": "",
    "version": "global",
    "version_formatted": "Global",
    "is_search360_enabled": "true",
    "is_sales_inclusive_tax_enabled": False,
    "sales_tax_type": "exclusive",
    "tax_group_enabled": True,
    "language_code": "en",
    "fiscal_year_start_month": 0,
    "time_zone": "Asia/Baghdad",
    "field_separator": "/",
    "time_zone_formatted": "(GMT 3:00) Arabian Standard Time (Asia/Baghdad)",
    "can_change_timezone": True,
    "digital_signature_mode": "dsign_dongle",
    "is_dsign_required": False,
    "can_sign_invoice": False,
    "is_user_dsign_mandatory": True,
    "currency_id": IQD,
    "currency_code": "IQD",
    "currency_symbol": "IQD",
    "currency_format": "1,234,567.89",
    "price_precision": 2,
    "is_designated_zone": False,
    "is_free_zone": False,
    "is_registered_for_composite_scheme": False,
    "is_sales_reverse_charge_enabled": False,
    "is_export_with_payment_enabled": False,
    "is_registered_for_tax": False,
    "is_tax_registered": False,
    "is_international_trade_enabled": False,
    "is_gst_india_version": False,
    "is_registered_for_gst": False,
    "is_multientity_org": False,
    "is_multientity_enabled": False,
    "isOrgActive": True,
    "plan_type": 4067,
    "plan_name": "STANDARD",
    "plan_period": "Yearly",
    "account_created_date": "2022-12-20",
    "account_created_date_formatted": "20/12/2022",
    "is_org_active": True,
    "is_quick_setup_completed": True,
    "is_trial_period_extended": False,
    "is_invoice_pmt_tds_allowed": True,
    "is_hsn_or_sac_enabled": False,
    "mode": "live",
    "other_active_services": [],
    "is_last_active_service": True,
    "support_email": "support@tsh.example",
    "is_user_last_admin": True,
    "is_user_super_admin": True,
    "user_status": 1,
    "user_status_formatted": "Active",
    "org_action": "goto",
    "is_zpayroll_grid": False,
    "is_default_org": True,
    "is_subscription_paused": False,
}


def organization(config: SimulatorConfig) -> Row:
    """Return the organization as `/organizations` lists it."""
    apps = [name for name, off in (("books", config.inventory_only), ("inventory", config.books_only)) if not off]
    return {**_ORGANIZATION, "org_joined_app_list": apps, "AppList": apps}
