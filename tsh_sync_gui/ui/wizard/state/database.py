"""The database step: the address as a form, what a trial found, and what the next press does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tsh_sync_gui.bootstrap.setup.values import DatabaseTrial
from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.wizard.state.cells import Fact

PORT: Final = "5432"
Tls = Literal["prefer", "require", "verify-full", "disable"]
TLS_MODES: Final[tuple[Tls, ...]] = ("prefer", "require", "verify-full", "disable")
_SCHEMES: Final = {"postgresql", "postgres", "postgresql+psycopg"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerForm:
    """A server's address in parts. The password has no repr elsewhere: this value never leaves the page."""

    host: str = ""
    port: str = PORT
    name: str = ""
    user: str = ""
    password: str = ""
    tls: Tls = "prefer"

    def __repr__(self) -> str:
        """Say everything but the password."""
        return f"ServerForm({self.user}@{self.host}:{self.port}/{self.name}, tls={self.tls})"


def tls_titles() -> dict[Tls, str]:
    """Return the ways to encrypt, in words."""
    return {
        "prefer": tr("when the server offers it"),
        "require": tr("always"),
        "verify-full": tr("always, and check the certificate"),
        "disable": tr("never"),
    }


def form_faults(form: ServerForm) -> dict[str, str]:
    """Return what is wrong with the form, by field; empty when it can be tried."""
    faults = {}
    if not form.host:
        faults["host"] = tr("Name or address of the server, such as erp.example.com.")
    elif re.search(r"[\s/@]", form.host):
        faults["host"] = tr("A name or an address without spaces, “/” or “@”.")
    if not (form.port.isascii() and form.port.isdigit() and 0 < int(form.port) < 65536):
        faults["port"] = tr("A number from 1 to 65535.")
    if not form.name:
        faults["name"] = tr("The database's name on the server.")
    if not form.user:
        faults["user"] = tr("The user that signs in to the server.")
    return faults


def address_of(form: ServerForm) -> str:
    """Return the address that the form means."""
    secret = f":{quote(form.password, safe='')}" if form.password else ""
    host = f"[{form.host}]" if ":" in form.host else form.host
    tls = "" if form.tls == "prefer" else f"?sslmode={form.tls}"
    return f"postgresql://{quote(form.user, safe='')}{secret}@{host}:{form.port}/{quote(form.name, safe='')}{tls}"


def form_of(address: str) -> ServerForm | None:
    """Return the form of a pasted address, None when it is none."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or not parts.hostname:
        return None
    wanted = parse_qs(parts.query).get("sslmode", ["prefer"])[0]
    return ServerForm(
        host=parts.hostname,
        port=str(port or PORT),
        name=unquote(parts.path.lstrip("/")),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=next((one for one in TLS_MODES if one == wanted), "prefer"),
    )


def trial_facts(trial: DatabaseTrial) -> tuple[Fact, ...]:
    """Return what a trial found, line by line."""
    where = tr("the embedded server of this computer") if trial.is_embedded else trial.address
    facts = [
        Fact(tr("Reached {where}").format(where=where)),
        Fact(tr("PostgreSQL {version}").format(version=trial.version)),
    ]
    if not trial.exists:
        return (*facts, Fact(tr("The database does not exist yet."), "amber"))
    if trial.missing_right:
        facts.append(Fact(tr("A right is missing: {right}").format(right=trial.missing_right), "red"))
    else:
        facts.append(Fact(tr("The user may create tables.")))
    if trial.mirrors:
        facts.append(Fact(tr("It holds the data of {organization}.").format(organization=trial.mirrors), "blue"))
    if trial.tables_missing:
        there = tr("%Ln table(s) are there", None, trial.tables_present) if trial.tables_present else ""
        missing = tr("%Ln table(s) will be created", None, len(trial.tables_missing))
        facts.append(Fact(f"{there}, {missing}" if there else missing, "blue"))
    else:
        facts.append(Fact(tr("All %Ln table(s) are there.", None, trial.tables_present)))
    return tuple(facts)


def next_text(trial: DatabaseTrial | None, *, is_kept: bool) -> str:
    """Return what the next press does."""
    if is_kept:
        return tr("Next")
    if trial is None or not trial.is_usable:
        return tr("Test")
    if trial.tables_missing:
        return tr("Create tables")
    return tr("Use this database")


def tables_text(trial: DatabaseTrial) -> str:
    """Return the tables that will be created, one a line."""
    return "\n".join(trial.tables_missing)


def tables_heading(trial: DatabaseTrial) -> str:
    """Return the heading above them."""
    return tr("Tables that will be created ({count})").format(count=number(len(trial.tables_missing)))
