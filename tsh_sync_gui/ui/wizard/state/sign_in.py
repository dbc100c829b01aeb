"""The sign-in step: where it stands, how long there is left, and what the answer says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from tsh_sync_gui.bootstrap.setup.values import DataCentre, SignedIn, TokenHealth
from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError, RateLimitedError
from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.wizard.state.cells import Fact

CODE_MINUTES: Final = (3, 5, 7, 10)


class Phase(Enum):
    """Where a sign-in stands."""

    IDLE = auto()
    WAITING = auto()
    CODE = auto()
    DONE = auto()


class Remedy(Enum):
    """What the one button below a fault does."""

    AGAIN = auto()
    NEW_CODE = auto()
    APP = auto()
    WAIT = auto()


@dataclass(frozen=True, slots=True)
class Countdown:
    """How long something is still waited for."""

    until: datetime

    def left(self, now: datetime) -> int:
        """Return whole seconds, never below 0."""
        return max(0, round((self.until - now).total_seconds()))

    def text(self, now: datetime) -> str:
        """Return minutes and seconds, with the person's digits."""
        minutes, seconds = divmod(self.left(now), 60)
        tens, ones = divmod(seconds, 10)
        return f"{number(minutes)}:{number(tens)}{number(ones)}"


def how_it_goes() -> tuple[tuple[str, str], ...]:
    """Return what happens in a sign-in, as heading and sentence."""
    return (
        (tr("Your browser opens Zoho's page"), tr("Sign in there as a user who may see the organization.")),
        (tr("Zoho asks whether this program may have access"), tr("Choose “Accept”.")),
        (tr("The browser comes back here"), tr("This window goes on by itself; the tab can be closed.")),
    )


def code_countdown(minutes: int, now: datetime) -> Countdown:
    """Return the life of a self-client code that is being made now."""
    return Countdown(now + timedelta(minutes=minutes))


def region_name(location: str, centres: tuple[DataCentre, ...]) -> str:
    """Return a region's name with its domain; the bare word for one we do not know."""
    found = next((one for one in centres if one.location == location), None)
    if found is None:
        return location
    return f"{tr(found.title)} ({found.accounts_url.split('://accounts.')[-1]})"


def signed_in_facts(signed: SignedIn, centres: tuple[DataCentre, ...]) -> tuple[Fact, ...]:
    """Return what a sign-in has brought."""
    where = region_name(signed.location, centres)
    facts = [Fact(tr("Signed in at Zoho {region}.").format(region=where))]
    if signed.moved_from:
        chosen = region_name(signed.moved_from, centres)
        facts.append(
            Fact(
                tr("You chose {chosen}, your account lives in {found}. That is used from now on.").format(
                    chosen=chosen, found=where
                ),
                "blue",
            )
        )
    facts.append(Fact(tr("The sign-in is kept safely; you will not be asked again.")))
    return (*facts, *_count_facts(signed.sign_ins, 20))


def _count_facts(sign_ins: int, limit: int) -> tuple[Fact, ...]:
    if sign_ins < limit - 5:
        return ()
    text = tr("This is sign-in {count} of {limit}: Zoho drops the oldest ones after that.")
    return (Fact(text.format(count=number(sign_ins), limit=number(limit)), "amber"),)


def health_facts(health: TokenHealth) -> tuple[Fact, ...]:
    """Return how a sign-in that is there stands."""
    if health.state == "needs_you":
        return (Fact(tr(health.words) if health.words else tr("Zoho no longer accepts our sign-in."), "red"),)
    facts = [Fact(tr(health.words) if health.words else tr("Signed in."))]
    if health.where:
        facts.append(Fact(tr("Region: {region}").format(region=health.where)))
    facts.append(
        Fact(
            tr("{count} of {limit} token refreshes in the last 10 minutes.").format(
                count=number(health.refreshes), limit=number(health.refresh_limit)
            ),
            "amber" if health.refreshes >= health.refresh_limit else "green",
        )
    )
    return (*facts, *_count_facts(health.sign_ins, health.sign_in_limit))


def remedy_of(error: BaseException, *, by_code: bool) -> Remedy:
    """Return what helps against a sign-in that failed."""
    if isinstance(error, RateLimitedError):
        return Remedy.WAIT
    if isinstance(error, ConfigurationError):
        return Remedy.APP
    if by_code and isinstance(error, AuthorisationError):
        return Remedy.NEW_CODE
    return Remedy.AGAIN


def remedy_texts() -> Mapping[Remedy, str]:
    """Return what the button says."""
    return {
        Remedy.AGAIN: tr("Try again"),
        Remedy.NEW_CODE: tr("Get a new code"),
        Remedy.APP: tr("Check the Zoho app"),
        Remedy.WAIT: tr("Try again"),
    }


def scope_words(scopes: frozenset[str]) -> str:
    """Return permissions as a sentence's part."""
    return ", ".join(sorted(scopes))
