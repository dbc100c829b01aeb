"""What steps 1 to 3 show and say, also where something is wrong."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication

from tests.support.fake_setup import FakeSetup, at_step
from tests.support.setup_samples import CLIENT_ID, CLIENT_SECRET, SERVER
from tests.ui.conftest import until
from tests.ui.wizard.conftest import at, click, type_into
from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.core.errors import (
    ConfigurationError,
    UnreachableError,
)

URL = "postgresql://tsh:se%2Fcret@erp.tsh.local:5432/tsh_erp"


@pytest.fixture
def setup_at():
    return lambda step: FakeSetup(at_step(step))


def fill_server(page) -> None:
    click(page.server)
    for name, text in (("host", "erp.tsh.local"), ("name", "tsh_erp"), ("user", "tsh"), ("password", "se/cret")):
        type_into(page.fields[name].line, text)


# 1 Start


async def test_an_env_file_is_shown_line_by_line_before_it_is_taken_over(qloop, show, tmp_path):
    setup = FakeSetup()
    wizard = await show(setup)
    click(wizard.page.import_tile)
    type_into(wizard.page.path.line, str(tmp_path / ".env"))

    click(wizard.next)
    await until(lambda: wizard.next.text() == "Take over 2 values")

    rows = {row.key: [cell.text for cell in row.cells] for row in wizard.page.table.rows}
    assert rows["3"][3] == "There is no setting of this name."
    assert rows["2"][2] == "••••••••6789"
    assert "3 lines cannot: 3, 5, 7" in wizard.page._summary.text
    click(wizard.next)
    await at(wizard, Step.DATABASE)
    assert setup.taken[0].values["client_secret"] == CLIENT_SECRET


async def test_an_env_file_that_is_not_there_is_said(qloop, show):
    setup = FakeSetup()
    setup.faults["read_env"] = [ConfigurationError("There is no file /nowhere/.env", advice="Choose another.")]
    wizard = await show(setup)
    click(wizard.page.import_tile)
    type_into(wizard.page.path.line, "/nowhere/.env")

    click(wizard.next)

    await until(lambda: wizard.page.problem_box is not None)
    assert wizard.page.problem_box.accessibleName() == "There is no file /nowhere/.env"


async def test_the_demo_is_asked_for(qloop, show):
    wizard = await show(FakeSetup())
    heard: list[bool] = []
    wizard.demo.connect(lambda: heard.append(True))

    click(wizard.page.demo_tile)

    assert heard == [True]


# 2 Database


async def test_a_server_is_tried_with_what_was_typed(qloop, show, setup_at):
    setup = setup_at(Step.DATABASE)
    wizard = await show(setup)
    fill_server(wizard.page)

    click(wizard.next)
    await until(lambda: wizard.next.text() == "Create tables")

    assert setup.database_urls == [URL]
    assert "PostgreSQL 15.8" in wizard.page.facts.texts
    assert "5 tables will be created" in wizard.page.facts.texts
    click(wizard.next)
    await at(wizard, Step.APP)
    assert setup.home.database.address == SERVER.address


async def test_a_form_that_can_not_be_tried_says_so_next_to_the_field(qloop, show, setup_at):
    setup = setup_at(Step.DATABASE)
    wizard = await show(setup)
    click(wizard.page.server)
    type_into(wizard.page.fields["port"].line, "99999")

    click(wizard.next)

    assert wizard.page.fields["port"].fault == "A number from 1 to 65535."
    assert wizard.page.fields["host"].fault
    assert wizard.page.fields["host"].line.hasFocus()
    assert setup.database_urls == []


async def test_a_pasted_address_fills_the_form_and_hides_its_password(qloop, show, setup_at):
    wizard = await show(setup_at(Step.DATABASE))
    click(wizard.page.server)

    wizard.page.paste.line.setText(f"{URL}?sslmode=require")
    wizard.page.paste.edited.emit()

    assert wizard.page.form.password == "se/cret"
    assert wizard.page.form.tls == "require"
    assert wizard.page.paste.text == ""
    assert "se/cret" not in repr(wizard.page.form)


async def test_a_missing_right_is_named_with_what_grants_it(qloop, show, setup_at):
    setup = setup_at(Step.DATABASE)
    grant = 'GRANT CREATE ON DATABASE "tsh_erp" TO "tsh";'
    setup.trials[URL] = replace(SERVER, missing_right="CREATE on database tsh_erp", remedy=grant)
    wizard = await show(setup)
    fill_server(wizard.page)

    click(wizard.next)
    await until(wizard.page.remedy.isVisible)
    click(wizard.page.remedy.copy)

    assert "A right is missing: CREATE on database tsh_erp" in wizard.page.facts.texts
    assert QGuiApplication.clipboard().text() == grant
    assert wizard.next.text() == "Test"


async def test_a_database_that_is_not_there_is_offered_to_be_created(qloop, show, setup_at):
    setup = setup_at(Step.DATABASE)
    setup.trials[URL] = replace(SERVER, exists=False, may_create_database=True)
    wizard = await show(setup)
    fill_server(wizard.page)
    click(wizard.next)
    await until(wizard.page.create_it.isVisible)

    click(wizard.page.create_it)

    await until(lambda: wizard.next.text() == "Create tables")
    assert setup.asked["create_database"] == 1


async def test_a_server_that_does_not_answer_is_explained(qloop, show, setup_at):
    setup = setup_at(Step.DATABASE)
    setup.faults["try_database"] = [
        UnreachableError("The database cannot be reached", what="database", advice="Is it on?", cause="refused")
    ]
    wizard = await show(setup)
    fill_server(wizard.page)
    click(wizard.next)
    await until(lambda: wizard.page.problem_box is not None and wizard.page.problem_box.choice.isVisible())

    click(wizard.page.problem_box.choice)

    await until(lambda: wizard.next.text() == "Create tables")


async def test_typing_on_while_a_server_is_tried_drops_that_answer(qloop, show, setup_at):
    setup = setup_at(Step.DATABASE)
    setup.delays["try_database"] = 0.15
    wizard = await show(setup)
    fill_server(wizard.page)
    click(wizard.next)

    type_into(wizard.page.fields["host"].line, "other.tsh.local")
    await asyncio.sleep(0.3)

    assert wizard.next.text() == "Test"
    assert wizard.page.facts.texts == ()


# 3 Zoho app


async def test_the_form_of_id_and_secret_is_checked_as_it_is_typed(qloop, show, setup_at):
    wizard = await show(setup_at(Step.APP))

    type_into(wizard.page.client_id.line, "AB.12")
    assert "begins with “1000.”" in wizard.page.client_id.fault
    assert not wizard.next.isEnabled()
    type_into(wizard.page.client_id.line, CLIENT_ID)
    type_into(wizard.page.client_secret.line, CLIENT_SECRET)

    assert wizard.page.client_id.fault == ""
    assert wizard.next.isEnabled()


async def test_the_region_is_found(qloop, show, setup_at):
    wizard = await show(setup_at(Step.APP))
    click(wizard.page.find_it)
    assert "Fill in client id and secret first" in wizard.page.found.text
    type_into(wizard.page.client_id.line, CLIENT_ID)
    type_into(wizard.page.client_secret.line, CLIENT_SECRET)

    click(wizard.page.find_it)

    await until(lambda: wizard.page.centre.currentData() == "eu")
    assert "Europe" in wizard.page.found.text


async def test_a_search_for_the_region_can_be_stopped(qloop, show, setup_at):
    setup = setup_at(Step.APP)
    setup.delays["find_data_centre"] = 30
    wizard = await show(setup)
    type_into(wizard.page.client_id.line, CLIENT_ID)
    type_into(wizard.page.client_secret.line, CLIENT_SECRET)
    click(wizard.page.find_it)
    await until(wizard.page.busy.cancel.isVisible)

    click(wizard.page.busy.cancel)

    assert not wizard.page.is_busy
    assert wizard.page.centre.currentData() == "us"


async def test_a_self_client_needs_the_scope_only(qloop, show, setup_at):
    wizard = await show(setup_at(Step.APP))

    wizard.page.types["self"].click()

    shown = [row.field.accessibleName() for row in wizard.page.values if row.isVisible()]
    assert shown == ["Scope"]
    wizard.page.products["books"].click()
    assert "ZohoBooks" not in wizard.page.values[0].field.value


async def test_a_keychain_that_is_closed_keeps_the_step_open(qloop, show, setup_at):
    setup = setup_at(Step.APP)
    setup.faults["keep_app"] = [ConfigurationError("The keychain is locked", advice="Unlock it, then try again.")]
    wizard = await show(setup)
    type_into(wizard.page.client_id.line, CLIENT_ID)
    type_into(wizard.page.client_secret.line, CLIENT_SECRET)
    click(wizard.next)
    await until(lambda: wizard.page.problem_box is not None)

    click(wizard.page.problem_box.choice)

    await at(wizard, Step.SIGN_IN)
