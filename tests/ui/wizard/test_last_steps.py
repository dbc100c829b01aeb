"""What steps 4 to 9 show and say, also where something is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication

from tests.support.fake_setup import FakeSetup, at_step
from tests.ui.conftest import until
from tests.ui.wizard.conftest import at, click, type_into
from tsh_sync_gui.bootstrap.setup.values import SignedIn, Step
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    RateLimitedError,
    UnreachableError,
    VaultLockedError,
    WrongPassphraseError,
)
from tsh_sync_gui.ui.widgets.passphrase import PassphraseQuestion
from tsh_sync_gui.ui.wizard import file_questions
from tsh_sync_gui.ui.wizard import page as pages
from tsh_sync_gui.ui.wizard.state.sign_in import Phase

URL = "postgresql://tsh:se%2Fcret@erp.tsh.local:5432/tsh_erp"


@pytest.fixture
def setup_at():
    return lambda step: FakeSetup(at_step(step))


# 4 Sign in


async def test_waiting_for_the_browser_counts_down_and_can_be_stopped(qloop, show, setup_at, browser):
    setup = setup_at(Step.SIGN_IN)
    wizard = await show(setup)
    click(wizard.next)
    await until(lambda: wizard.page.phase is Phase.WAITING)
    assert wizard.page.waiting.countdown.text() in {"5:00", "4:59"}
    click(wizard.page.waiting.copy_link)
    assert QGuiApplication.clipboard().text() == browser.opened[0]

    click(wizard.page.waiting.stop)

    await until(lambda: setup.asked["cancel_sign_in"])
    assert wizard.page.phase is Phase.IDLE
    assert wizard.next.text() == "Sign in at Zoho"


async def test_a_pasted_address_finishes_and_rubbish_is_refused_next_to_the_field(qloop, show, setup_at):
    wizard = await show(setup_at(Step.SIGN_IN))
    click(wizard.next)
    await until(lambda: wizard.page.phase is Phase.WAITING)
    type_into(wizard.page.waiting.address.line, "hello")
    click(wizard.next)
    await until(lambda: wizard.page.waiting.address.fault)
    assert wizard.page.phase is Phase.WAITING

    type_into(wizard.page.waiting.address.line, "http://localhost:8976/callback?code=1&state=S1")
    click(wizard.next)

    await at(wizard, Step.ORGANIZATION)


async def test_a_browser_that_comes_back_while_rubbish_is_refused_still_counts(qloop, show, setup_at):
    setup = setup_at(Step.SIGN_IN)
    wizard = await show(setup)
    click(wizard.next)
    await until(lambda: wizard.page.phase is Phase.WAITING)
    type_into(wizard.page.waiting.address.line, "hello")
    click(wizard.next)
    await until(lambda: wizard.page.waiting.address.fault)

    setup.come_back()

    await at(wizard, Step.ORGANIZATION)


async def test_a_code_that_is_no_longer_valid_leads_to_a_new_one(qloop, show, setup_at, browser):
    setup = setup_at(Step.SIGN_IN)
    setup.faults["finish_with_code"] = [
        AuthorisationError("That code is no longer valid", advice="Codes last a few minutes and work once.")
    ]
    wizard = await show(setup)
    click(wizard.page.by_code)
    type_into(wizard.page.coding.code.line, "1000.old.code")
    assert "runs out in" in wizard.page.coding.words.text()
    click(wizard.next)
    await until(lambda: wizard.page.problem_box is not None)
    assert wizard.page.problem_box.choice.text() == "Get a new code"

    click(wizard.page.problem_box.choice)
    assert browser.opened == ["https://api-console.zoho.com"]
    assert wizard.page.coding.code.text == ""
    type_into(wizard.page.coding.code.line, "1000.new.code")
    click(wizard.next)

    await at(wizard, Step.ORGANIZATION)
    assert setup.code == "1000.new.code"


async def test_a_rotation_by_code_replaces_the_former_sign_in(qloop, show, setup_at):
    setup = setup_at(Step.SIGN_IN)
    wizard = await show(setup)
    wizard.desk.replaces = True
    click(wizard.page.by_code)
    type_into(wizard.page.coding.code.line, "1000.new.code")

    click(wizard.next)

    await at(wizard, Step.ORGANIZATION)
    assert setup.replaces


async def test_another_region_in_the_answer_is_told_before_going_on(qloop, show, setup_at):
    setup = setup_at(Step.SIGN_IN)
    setup.answer = SignedIn(location="eu", scopes=frozenset(), moved_from="us")
    wizard = await show(setup)
    click(wizard.next)
    await until(lambda: wizard.page.phase is Phase.WAITING)
    setup.come_back()
    await until(lambda: wizard.page.phase is Phase.DONE)

    assert any("your account lives in Europe (zoho.eu)" in text for text in wizard.page.facts.texts)
    assert wizard.now is Step.SIGN_IN
    click(wizard.next)
    await at(wizard, Step.ORGANIZATION)


async def test_a_wrong_app_leads_back_to_it(qloop, show, setup_at):
    setup = setup_at(Step.SIGN_IN)
    setup.faults["await_browser"] = [ConfigurationError("Zoho does not know this client id", advice="Check it.")]
    wizard = await show(setup)
    click(wizard.next)
    await until(lambda: wizard.page.phase is Phase.WAITING)
    setup.come_back()
    await until(lambda: wizard.page.problem_box is not None)

    click(wizard.page.problem_box.choice)

    await at(wizard, Step.APP)


async def test_a_throttle_holds_its_button_back(qloop, show, setup_at):
    setup = setup_at(Step.SIGN_IN)
    setup.faults["begin_sign_in"] = [RateLimitedError("Zoho is limiting sign-ins for 8 min", code=44, retry_after=480)]
    wizard = await show(setup)
    click(wizard.next)
    await until(lambda: wizard.page.problem_box is not None)

    assert wizard.page.problem_box.choice.text() == "Try again in 8 min"
    assert not wizard.page.problem_box.choice.isEnabled()


# 5 Organization, 6 Check


async def test_an_organization_of_another_database_can_not_be_chosen(qloop, show, setup_at):
    wizard = await show(setup_at(Step.ORGANIZATION))
    await until(lambda: wizard.page.tiles)

    refused = wizard.page.tiles["700000001"]

    assert not refused.isEnabled()
    assert refused.toolTip() == "This database mirrors TSH Trading (748369814)."


async def test_a_lost_sign_in_leads_back_from_the_organizations(qloop, show, setup_at):
    setup = setup_at(Step.ORGANIZATION)
    setup.faults["organizations"] = [AuthorisationError("Zoho no longer accepts our sign-in", advice="Sign in.")]
    wizard = await show(setup)
    await until(lambda: wizard.page.problem_box is not None)

    click(wizard.page.problem_box.choice)

    await at(wizard, Step.SIGN_IN)


async def test_lines_of_the_check_come_one_by_one(qloop, show, setup_at):
    setup = setup_at(Step.CHECK)
    setup.hold_after = 1
    wizard = await show(setup)

    await until(lambda: [row.cells[1].text for row in wizard.page.table.rows][:2] == ["yes", "asking…"])
    setup.go_on()
    await until(lambda: wizard.page._sentence.text() == "All 8 kinds of records can be synced.")

    assert setup.asked["checks"] == 1


async def test_a_missing_permission_is_asked_for_and_checked_anew(qloop, show, setup_at):
    setup = setup_at(Step.CHECK)
    good = setup.lines
    setup.lines = [replace(good[0], may_read=False, missing_scope="ZohoInventory.items.READ"), *good[1:]]
    wizard = await show(setup)
    await until(lambda: wizard.page.problem_box is not None)
    assert wizard.page.problem_box.choice.text() == "Sign in again with this permission"

    click(wizard.page.problem_box.choice)
    await at(wizard, Step.SIGN_IN)
    assert "ZohoInventory.items.READ" in wizard.page.asks.text
    setup.lines = good
    click(wizard.next)
    await until(lambda: wizard.page.phase is Phase.WAITING)
    setup.come_back()
    await at(wizard, Step.CHECK)

    await until(lambda: wizard.page._sentence.text() == "All 8 kinds of records can be synced.")
    assert setup.extra_scopes == {"ZohoInventory.items.READ"}


# 7 Webhooks, 8 Limits, 9 First sync


async def test_an_event_ticks_itself_when_its_first_delivery_comes(qloop, show, setup_at):
    setup = setup_at(Step.WEBHOOKS)
    wizard = await show(setup)
    await until(lambda: wizard.page.table.rows)
    assert wizard.page._seen.text() == "0 of 10 events have arrived"

    setup.seen.add("products.created")

    await until(lambda: wizard.page.table.rows[0].cells[3].text == "arrived just now")


async def test_each_event_has_the_address_of_its_webhook_to_copy(qloop, show, setup_at):
    setup = setup_at(Step.WEBHOOKS)
    setup.home.webhook_address = "https://127.0.0.1/hook"
    wizard = await show(setup)
    await until(lambda: wizard.page.table.rows)

    wizard.page.table.cellClicked.emit(0, 2)
    copied = QGuiApplication.clipboard().text()
    click(wizard.page.test_public)

    assert copied == "https://127.0.0.1/hook?event=created"
    await until(lambda: "Zoho itself cannot reach it" in wizard.page.result.text)


async def test_a_secret_is_shown_when_asked_for_and_made_anew(qloop, show, setup_at):
    setup = setup_at(Step.WEBHOOKS)
    wizard = await show(setup)
    await until(lambda: wizard.page.secret.field.value)
    before = wizard.page.secret.field.value
    assert before.startswith("••••")
    assert setup.asked["reveal_webhook_secret"] == 0
    click(wizard.page.secret.eye)
    await until(lambda: wizard.page.secret.field.text() == setup.home.secret)
    click(wizard.page.secret.eye)
    assert wizard.page.secret.field.text() == before
    click(wizard.page.secret.copy)
    await until(lambda: QGuiApplication.clipboard().text() == setup.home.secret)
    assert setup.asked["reveal_webhook_secret"] == 2

    click(wizard.page.renew)

    await until(lambda: wizard.page.secret.field.value != before)
    assert "the old one no longer counts" in wizard.page.result.text


async def test_an_address_zoho_can_not_call_is_refused_next_to_the_field(qloop, show, setup_at):
    wizard = await show(setup_at(Step.WEBHOOKS))
    await until(lambda: wizard.page.secret.field.value)
    type_into(wizard.page.address.line, "erp.local")

    click(wizard.next)

    await until(lambda: "begins with https://" in wizard.page.address.fault)
    assert wizard.now is Step.WEBHOOKS


async def test_a_public_test_that_fails_says_what_and_can_be_repeated(qloop, show, setup_at):
    setup = setup_at(Step.WEBHOOKS)
    setup.home.webhook_address = "https://erp.tsh.example/hook"
    setup.faults["test_webhook_public"] = [
        UnreachableError("Zoho cannot reach the listener", what="network", advice="The certificate expired on 3 May.")
    ]
    wizard = await show(setup)
    await until(lambda: wizard.page.address.text)
    click(wizard.page.test_public)
    await until(lambda: wizard.page.problem_box is not None)

    click(wizard.page.problem_box.choice)

    await until(lambda: wizard.page.result.text == "The listener answered the ping in 12 ms.")


async def test_the_listener_is_started_from_the_step(qloop, show, setup_at):
    setup = setup_at(Step.WEBHOOKS)
    setup.listener = "The listener does not run on this computer"
    wizard = await show(setup)
    await until(wizard.page.start.isVisible)
    assert "deliveries are not received" in wizard.page.listener.text

    click(wizard.page.start)

    await until(lambda: "The listener runs" in wizard.page.result.text)
    assert not wizard.page.start.isVisible()
    assert not wizard.page.listener.isVisible()


async def test_a_plan_sets_the_quota_and_the_cost_follows(qloop, show, setup_at):
    setup = setup_at(Step.LIMITS)
    wizard = await show(setup)
    await until(lambda: "of 1,000 calls a day" in wizard.page.sum.text())

    wizard.page.plan.setCurrentIndex(2)

    await until(lambda: "of 5,000 calls a day" in wizard.page.sum.text())
    assert wizard.page.fields["concurrency"].text == "10"
    click(wizard.next)
    await at(wizard, Step.FIRST_SYNC)
    assert setup.home.limits.per_day == 5000


async def test_a_limit_out_of_range_is_said_next_to_the_field(qloop, show, setup_at):
    wizard = await show(setup_at(Step.LIMITS))
    await until(lambda: wizard.page.fields["per_minute"].text == "20")

    type_into(wizard.page.fields["per_minute"].line, "0")

    assert wizard.page.fields["per_minute"].fault == "Allowed: 1 to 1,000,000."
    assert not wizard.next.isEnabled()


async def test_a_wrong_passphrase_is_said_in_its_question_and_the_right_one_goes_on(qloop, show, setup_at, monkeypatch):
    async def opened(passphrase):
        if passphrase != "right":
            raise WrongPassphraseError("This passphrase does not open it", advice="Try another.")

    monkeypatch.setattr(pages, "has_file", lambda: True)
    monkeypatch.setattr(file_questions, "open_file", opened)
    setup = setup_at(Step.FIRST_SYNC)
    setup.faults["estimate"] = [VaultLockedError("The secrets are closed", advice="Enter the passphrase.")]
    wizard = await show(setup)
    await until(lambda: wizard.page.problem_box is not None)
    click(wizard.page.problem_box.choice)
    question = wizard.page.findChild(PassphraseQuestion)

    type_into(question.first, "wrong")
    click(question.buttons[0])
    await until(lambda: "does not open it" in question._why.text())
    assert question.isVisible()
    type_into(question.first, "right")
    click(question.buttons[0])

    await until(lambda: wizard.page.table.rows)


async def test_what_is_missing_before_the_next_step_is_said_beside_its_button(qloop, show, setup_at):
    wizard = await show(setup_at(Step.WEBHOOKS))
    await until(lambda: wizard.page.address.isVisible() and not wizard.page.is_busy)
    type_into(wizard.page.address.line, "")

    await until(lambda: not wizard.next.isEnabled())
    assert wizard.sheet.missing.text() == "Enter the address that Zoho calls, or skip the step"


async def test_an_estimate_that_fails_can_be_tried_again(qloop, show, setup_at):
    setup = setup_at(Step.FIRST_SYNC)
    setup.faults["estimate"] = [UnreachableError("Zoho has trouble", what="zoho", advice="Nothing is lost.")]
    wizard = await show(setup)
    await until(lambda: wizard.page.problem_box is not None)

    click(wizard.page.problem_box.choice)

    await until(lambda: wizard.page.table.rows)
    said = [[cell.text for cell in row.cells] for row in wizard.page.table.rows]
    assert said[2] == ["Stock", "–", "with Products", "–", "–"]
    assert said[-1] == ["Together", "7,196", "about 39 calls", "6,750", "12 min"]
    assert "(6,750 records) waits for tomorrow's calls" in wizard.page.quota.text
