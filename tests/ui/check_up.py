"""Examinations as a double plays them to the check-up's screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from tsh_sync_gui.bootstrap.doctor import checks
from tsh_sync_gui.bootstrap.doctor_findings import NEEDS_YOU, Finding, say

BY_KEY = {check.key: check for check in checks()}
_LACKING = "The sign-in does not include {scopes}. Sign in again with that permission."
_FINE = {
    "disk": say("{room} GB are free for {folder}.", room="212.4", folder="/home/sara/.local/share/tsh-sync-gui"),
    "images": say("Images can be kept in {folder}.", folder="/home/sara/.local/share/tsh-sync-gui/images"),
    "vault": say("Secrets rest in this computer's keychain."),
    "database": say("The program's own PostgreSQL {version} answers; {room} MB are used.", version="18.6", room="184"),
    "rights": say("The database's user may make tables, and read and write all of them."),
    "schema": say("All {tables} tables are there, of this program's version ({version}).", tables=38, version="0003"),
    "clock": say("This computer's clock and {whose} agree ({seconds} s apart).", whose="the database's", seconds="0.1"),
    "settings": say("All settings are in range, and the credentials for Zoho are there."),
    "sign-in": say("Zoho accepts the sign-in: it gave us a new access token just now."),
    "organization": say("{name} ({id}), {currency}.", name="TSH Trading", id="748369814", currency="IQD"),
    "time-zone": say("The organization's day turns by {zone} (UTC{offset}).", zone="Asia/Baghdad", offset="+0300"),
    "zoho-clock": say("This computer's clock and {whose} agree ({seconds} s apart).", whose="Zoho's", seconds="0.4"),
    "quota": say(
        "Zoho counts {used} of {theirs} calls until {turn}; {own} of them are ours.",
        used=620,
        theirs=1000,
        turn="21:00 UTC",
        own=612,
    ),
    "listener": say(
        "No listener runs here: deliveries are not received. "
        "Polling covers all changes while a window or a worker runs."
    ),
    "public-address": say(
        "No public address is set: Zoho delivers nothing. Polling covers all changes while a window or a worker runs."
    ),
}


def all_well() -> list[Finding]:
    return [check.fine(_FINE.get(check.key) or say("{title} may be read.", title=check.title)) for check in checks()]


def troubled() -> list[Finding]:
    """Findings of a set-up with missing permissions and a wrong limit."""
    found = {one.check: one for one in all_well()}
    found["stock_levels"] = BY_KEY["stock_levels"].fault(
        say("{title} may not be read.", title="Stock"),
        say(_LACKING, scopes="ZohoInventory.items.READ"),
        code=NEEDS_YOU,
        deed="setup:check",
    )
    found["customers"] = BY_KEY["customers"].warning(
        say("{title} may be read, but not changed.", title="Customers"),
        say(_LACKING, scopes="ZohoBooks.contacts.UPDATE"),
        deed="setup:check",
    )
    found["quota"] = BY_KEY["quota"].warning(
        say("Zoho allows {theirs} calls a day; ZOHO_DAILY_LIMIT is {ours}.", theirs=1000, ours=5000),
        say("Zoho's figure counts. Set ZOHO_DAILY_LIMIT to it, so that forecasts are right."),
        deed="settings:per_day",
    )
    return list(found.values())


def refused() -> list[Finding]:
    """Findings of a sign-in that Zoho no longer accepts: nothing beyond it is asked."""
    known = {one.check: one for one in all_well()}
    ill = BY_KEY["sign-in"].fault(
        say("Zoho no longer accepts our sign-in."),
        say(
            "Nothing is lost. Syncs wait. Most often someone removed the app in Zoho, or it was connected more than 20 "
            "times."
        ),
        code=NEEDS_YOU,
        deed="sign_in",
    )
    before = [known[key] for key in list(known)[: list(known).index("sign-in")]]
    return [*before, ill, known["listener"], known["public-address"]]


class Played:
    """An examination that tells *findings*; it waits before the number *hold*, until it is let go."""

    def __init__(self, findings: Iterable[Finding], *, hold: int | None = None, words: str = "") -> None:
        self.findings = list(findings)
        self.times = 0
        self.cancelled = False
        self._hold = hold
        self._words = words
        self.go_on = False

    async def examine(self, tell: Callable[[Any], None]) -> None:
        self.times += 1
        tell(checks())
        for place, finding in enumerate(self.findings):
            if place == self._hold:
                await self._wait(tell)
            tell(finding)

    async def _wait(self, tell: Callable[[Any], None]) -> None:
        if self._words:
            tell(self._words)
        try:
            while not self.go_on:  # noqa: ASYNC110 -- another thread lets it go
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
