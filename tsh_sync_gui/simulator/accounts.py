"""Who may sign in, and which organizations each of them sees."""

from dataclasses import dataclass

from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.config import ORGANIZATION_ID, SimulatorConfig

_OTHERS = (
    (
        "Karrada Electronics",
        "IQD",
        "IQD",
        "Asia/Baghdad",
        "(GMT 3:00) Arabian Standard Time (Asia/Baghdad)",
        "Iraq",
        "IQ",
    ),
    ("TSH Gulf FZE", "AED", "AED", "Asia/Dubai", "(GMT 4:00) Gulf Standard Time (Asia/Dubai)", "U.A.E", "AE"),
    (
        "شركة الرافدين للتجارة",
        "USD",
        "$",
        "Asia/Baghdad",
        "(GMT 3:00) Arabian Standard Time (Asia/Baghdad)",
        "Iraq",
        "IQ",
    ),
    ("TSH Türkiye", "TRY", "₺", "Europe/Istanbul", "(GMT 3:00) Turkey Time (Europe/Istanbul)", "Turkey", "TR"),
)
_FIRST_OTHER = 748_400_117
_FOREIGN = 600_123_456
"""The organization of somebody who has nothing to do with ours."""


@dataclass(frozen=True, slots=True)
class User:
    """A person with an account; `number` is their place in the list."""

    number: int
    name: str
    mail: str


USERS = (User(0, "tsh-admin", "admin@tsh.example"), User(1, "Nadia Weber", "nadia@elsewhere.example"))
"""The administrator of our organizations, and somebody from elsewhere."""


def organizations(config: SimulatorConfig, user: int) -> list[org.Row]:
    """Return the rows of `/organizations` that a user sees, the default one first."""
    if user != USERS[0].number:
        berlin = ("Elsewhere GmbH", "EUR", "€", "Europe/Berlin", "(GMT 1:00) Central European Time", "Germany", "DE")
        return [{**_other(config, _FOREIGN, berlin, USERS[1]), "is_default_org": True}]
    count = max(config.organizations - 1, 0)
    rows = [org.organization(config)]
    for number in range(count):
        name, *rest = _OTHERS[number % len(_OTHERS)]
        again = f" {number // len(_OTHERS) + 1}" if number >= len(_OTHERS) else ""
        rows.append(_other(config, _FIRST_OTHER + 113 * number, (name + again, *rest), USERS[0]))
    return rows


def sees(config: SimulatorConfig, user: int, organization: str) -> bool:
    """Say whether a user belongs to an organization."""
    if user == USERS[0].number and organization == ORGANIZATION_ID:
        return True
    return any(row["organization_id"] == organization for row in organizations(config, user))


def _other(config: SimulatorConfig, number: int, facts: tuple[str, ...], user: User) -> org.Row:
    name, currency, symbol, zone, zone_words, country, country_code = facts
    return {
        **org.organization(config),
        "organization_id": str(number),
        "name": name,
        "org_alias_name": name,
        "contact_name": user.name,
        "email": user.mail,
        "support_email": user.mail,
        "phone": "",
        "state": "",
        "country": country,
        "country_code": country_code,
        "currency_id": org.setting_id(1000 + number % 1000),
        "currency_code": currency,
        "currency_symbol": symbol,
        "time_zone": zone,
        "time_zone_formatted": zone_words,
        "is_default_org": False,
    }
