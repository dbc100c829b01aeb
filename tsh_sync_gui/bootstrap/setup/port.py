"""The set-up as its shells see it; `bootstrap.setup.service.Setup` fulfils it, and so does the tests' double."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from tsh_sync_gui.bootstrap.setup.values import (
    Attempt,
    ClientType,
    ConsoleValues,
    DatabaseTrial,
    DataCentre,
    EntityCheck,
    EnvFile,
    LimitsForm,
    OrganizationChoice,
    PlanQuota,
    Progress,
    ScheduleCost,
    SignedIn,
    Step,
    TokenHealth,
    WebhookPlan,
    ZohoApp,
)
from tsh_sync_gui.engine.views import Forecast


class FirstSteps(Protocol):
    """How far the set-up is, and steps 1 to 3: start, database, Zoho app."""

    async def progress(self) -> Progress:
        """Return how far the set-up is."""
        ...

    async def mark(self, step: Step, *, skipped: bool = False) -> Progress:
        """Note *step* as done, or as skipped on purpose; the current step becomes the next open one."""
        ...

    async def go_to(self, step: Step) -> Progress:
        """Make *step* the current one."""
        ...

    # 1 Start

    async def read_env(self, path: Path) -> EnvFile:
        """Read a `.env` and check every line; changes nothing."""
        ...

    async def take_over(self, file: EnvFile) -> Progress:
        """Keep its good values: secrets in the vault, the rest as settings; marks the steps they complete."""
        ...

    # 2 Database

    async def try_database(self, url: str) -> DatabaseTrial:
        """Look at the server at *url* (empty: the embedded one) without changing it; UnreachableError says why not."""
        ...

    async def create_database(self, url: str) -> DatabaseTrial:
        """Create the database that *url* names on its server."""
        ...

    async def choose_database(self, url: str, progress: Callable[[str], None]) -> DatabaseTrial:
        """Make the tables there and keep the address (its password in the vault)."""
        ...

    async def database(self) -> DatabaseTrial | None:
        """Return the database that is kept, as far as it is known without waiting long; None before one was chosen."""
        ...

    # 3 Zoho app

    def data_centres(self) -> tuple[DataCentre, ...]:
        """Return Zoho's ten regions."""
        ...

    def console_values(self, location: str, products: frozenset[str]) -> ConsoleValues:
        """Return what is to be pasted into Zoho's API console."""
        ...

    async def app(self) -> ZohoApp | None:
        """Return the app that is kept, None before there is one."""
        ...

    def check_app(self, client_id: str, client_secret: str, client_type: ClientType) -> dict[str, str]:
        """Return what is wrong with the form of the values, by field, in words; empty when all look right."""
        ...

    async def find_data_centre(self, client_id: str, client_secret: str) -> DataCentre:
        """Ask the regions which one knows this client id; ConfigurationError when none does."""
        ...

    async def keep_app(
        self, client_id: str, client_secret: str, *, client_type: ClientType, location: str, products: frozenset[str]
    ) -> ZohoApp:
        """Keep the app: id and secret in the vault. An empty secret keeps the one that is there."""
        ...


class SignInSteps(Protocol):
    """Steps 4 to 6: sign in, organization, check."""

    # 4 Sign in

    async def begin_sign_in(self, *, extra_scopes: frozenset[str] = frozenset(), replaces: bool = False) -> Attempt:
        """Open the loopback receiver and return the address for the browser; a former attempt ends.

        *replaces* (rotation): the sign-in that is kept is revoked at Zoho as soon as the new one has worked.
        """
        ...

    async def await_browser(self) -> SignedIn:
        """Wait until the browser comes back, redeem the code at once, keep the refresh token first of all."""
        ...

    async def finish_with_address(self, pasted: str) -> SignedIn:
        """Finish with the address the browser landed on; one of another attempt (`state`) is refused."""
        ...

    async def finish_with_code(self, code: str, *, replaces: bool = False) -> SignedIn:
        """Finish with a self-client code; *replaces* as for `begin_sign_in`."""
        ...

    async def cancel_sign_in(self) -> None:
        """Close the receiver."""
        ...

    async def health(self) -> TokenHealth:
        """Return how the sign-in stands; makes no call that counts."""
        ...

    async def revoke(self) -> None:
        """End the sign-in at Zoho and forget it here; UnreachableError leaves both as they are."""
        ...

    # 5 Organization, 6 Check

    async def organizations(self) -> tuple[OrganizationChoice, ...]:
        """Return what the sign-in sees (one call)."""
        ...

    async def choose_organization(self, organization_id: str) -> None:
        """Keep the organization; refused where the database mirrors another."""
        ...

    async def organization(self) -> OrganizationChoice | None:
        """Return the organization that is kept, None before one was chosen; makes no call."""
        ...

    def checks(self) -> AsyncIterator[EntityCheck]:
        """Yield one line per entity as its answer comes (one call per list)."""
        ...


class LastSteps(Protocol):
    """Steps 7 to 9: webhooks, limits, first sync."""

    # 7 Webhooks

    async def webhooks(self) -> WebhookPlan:
        """Return address, secret (made once, kept in the vault) and the events with their last delivery."""
        ...

    async def reveal_webhook_secret(self) -> str:
        """Return the webhook secret in the clear; who looked is written into the audit first."""
        ...

    async def new_webhook_secret(self) -> WebhookPlan:
        """Make and keep another secret."""
        ...

    async def keep_webhook_address(self, address: str) -> WebhookPlan:
        """Keep the public address Zoho is to call; ConfigurationError for one that is none."""
        ...

    async def start_listener(self) -> WebhookPlan:
        """Start the listener here, as a process that goes on when the window closes; UnreachableError says why not."""
        ...

    async def test_webhook(self, *, public: bool) -> str:
        """Send a ping to the listener here, or at the public address; returns what was seen, raises what is wrong."""
        ...

    # 8 Limits

    def plans(self) -> tuple[PlanQuota, ...]:
        """Return Zoho's plans."""
        ...

    async def limits(self) -> LimitsForm:
        """Return the limits as they are."""
        ...

    async def schedule_cost(self, limits: LimitsForm) -> tuple[ScheduleCost, ...]:
        """Return what the proposed schedule costs a day; makes no call."""
        ...

    async def keep_limits(self, limits: LimitsForm) -> None:
        """Keep the limits; ConfigurationError names variable, value and range."""
        ...

    # 9 First sync

    async def estimate(self) -> list[Forecast]:
        """Return what the first full sync will cost, by entity.

        Asks for the last pages of lists longer than the check has seen; the sync uses what was read.
        """
        ...

    async def first_sync_at(self, when: datetime | None) -> None:
        """Keep when the first sync shall run by itself; None: not by itself."""
        ...

    async def first_sync(self) -> datetime | None:
        """Return when the first sync shall run by itself, None when it need not."""
        ...


class SetupPort(FirstSteps, SignInSteps, LastSteps, Protocol):
    """Every step verifies what it asks; nothing wrong is kept. All methods raise the errors of core.errors.

    Methods are awaited on the engine's loop. What a step has kept is there after the program was killed.
    `bootstrap.setup.open_setup(progress=…)` gives one for as long as its context lasts; opening it starts no server
    and makes no call, so that the window may ask at every start whether the set-up is complete.
    """
