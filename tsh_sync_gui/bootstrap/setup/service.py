"""The set-up: each step in a part of its own, over the same ground."""

from __future__ import annotations

from pathlib import Path

from tsh_sync_gui.bootstrap.setup.app_step import AppStep
from tsh_sync_gui.bootstrap.setup.database_step import DatabaseStep
from tsh_sync_gui.bootstrap.setup.grants import Grants
from tsh_sync_gui.bootstrap.setup.ground import Ground, Terms
from tsh_sync_gui.bootstrap.setup.limits_step import LimitsStep
from tsh_sync_gui.bootstrap.setup.organization_step import OrganizationStep
from tsh_sync_gui.bootstrap.setup.sign_in_step import SignInStep
from tsh_sync_gui.bootstrap.setup.start_step import StartStep
from tsh_sync_gui.bootstrap.setup.webhook_step import WebhookStep


class Setup:
    """Fulfils `bootstrap.setup.port.SetupPort`: which part answers what."""

    def __init__(self, home: Path, terms: Terms) -> None:
        self.ground = ground = Ground(home, terms)
        grants = Grants(ground)
        database, app = DatabaseStep(ground), AppStep(ground)
        start, sign_in = StartStep(ground, database), SignInStep(ground, app, grants)
        organization, webhooks, limits = OrganizationStep(ground, grants), WebhookStep(ground), LimitsStep(ground)

        self.progress, self.mark, self.go_to = start.progress, start.mark, start.go_to
        self.read_env, self.take_over = start.read_env, start.take_over

        self.try_database, self.create_database = database.try_it, database.create
        self.choose_database, self.database = database.choose, database.known

        self.data_centres, self.console_values, self.app = app.data_centres, app.console_values, app.app
        self.check_app, self.find_data_centre, self.keep_app = app.check_app, app.find_data_centre, app.keep_app

        self.begin_sign_in, self.await_browser = sign_in.begin, sign_in.await_browser
        self.finish_with_address, self.finish_with_code = sign_in.finish_with_address, sign_in.finish_with_code
        self.cancel_sign_in, self._end_sign_in = sign_in.cancel, sign_in.close
        self.health, self.settle_rotation, self.revoke = grants.health, grants.settle, grants.revoke

        self.organizations, self.choose_organization = organization.organizations, organization.choose
        self.organization, self.checks = organization.chosen, organization.checks

        self.webhooks, self.new_webhook_secret = webhooks.plan, webhooks.new_secret
        self.reveal_webhook_secret, self.start_listener = webhooks.reveal, webhooks.start_listener
        self.keep_webhook_address, self.test_webhook = webhooks.keep_address, webhooks.test

        self.plans, self.limits, self.keep_limits = limits.plans, limits.limits, limits.keep_limits
        self.schedule_cost, self.estimate = limits.schedule_cost, limits.estimate
        self.first_sync_at, self.first_sync = limits.first_sync_at, limits.first_sync

    async def close(self) -> None:
        """End a sign-in under way and close what was opened."""
        await self._end_sign_in()
        await self.ground.close()
