"""The Settings screen where secrets are: dots, a look on the record, files that hold them, vault and sign-in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from tests.ui.conftest import until
from tsh_sync_gui.bootstrap.secrets import VaultState
from tsh_sync_gui.bootstrap.settings_file import export_settings, read_settings
from tsh_sync_gui.bootstrap.setup.values import TokenHealth
from tsh_sync_gui.core.errors import NoVaultError, VaultLockedError
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.ui.widgets.passphrase import PassphraseQuestion

SECRETS = {
    "client_secret": "0123456789abcdef",
    "refresh_token": "1000.abcdefabcdef.abcdefabcdef",
    "database_url": "postgresql://sara:geheim@db/tsh",
}
HEALTH = TokenHealth(
    state="ok",
    minutes_left=41,
    refreshes=1,
    refresh_limit=10,
    sign_ins=3,
    sign_in_limit=20,
    scopes=frozenset({"ZohoBooks.contacts.READ", "ZohoInventory.items.READ"}),
    where="zoho.com",
)


class Deeds:
    """Answers what a test gives; remembers what was asked."""

    def __init__(self, loaded):
        self.loaded = loaded
        self.state = VaultState(kind=VaultKind.KEYCHAIN, is_writable=True)
        self.asked = []
        self.error = None

    async def now(self):
        return self.loaded

    async def reveal(self, field):
        self.asked.append(("reveal", field))
        return self.loaded.text(field)

    async def export(self, path, passphrase):
        self.asked.append(("export", passphrase))
        return export_settings(self.loaded, path, passphrase=passphrase)

    async def read(self, path):
        return read_settings(path)

    async def vault(self):
        return self.state

    async def unlock(self, passphrase):
        self.asked.append(("unlock", passphrase))
        if self.error is not None:
            raise self.error

    async def make_file(self, passphrase):
        self.asked.append(("make_file", passphrase))
        self.state = VaultState(kind=VaultKind.FILE, is_writable=True)


@pytest.fixture
def loaded(tmp_path):
    return replace(load(home=tmp_path, secrets=SECRETS, environment=False), vault=VaultKind.KEYCHAIN)


@pytest.fixture
def deeds(loaded):
    return Deeds(loaded)


@pytest.fixture
def panel(qloop, window, deeds, loaded):
    window.settings.show_settings(loaded, has_database=True)
    window.go("settings")
    window.settings.use(deeds)  # not before: what is asked of them needs the running loop of a test
    return window.settings


def texts(panel):
    return " ".join(line.text() for line in panel.findChildren(QLineEdit))


async def test_no_secret_stands_on_the_screen_until_it_is_asked_for(qloop, panel, deeds):
    row = panel.rows["refresh_token"]
    assert row._line.placeholderText() == "••••cdef"
    assert "abcdef" not in texts(panel)
    assert "geheim" not in texts(panel)

    row.eye.click()

    await until(lambda: row._line.text() == SECRETS["refresh_token"])
    assert deeds.asked == [("reveal", "refresh_token")]
    assert row._line.isReadOnly()
    assert not row.is_changed
    assert not panel.bar.isVisible()


async def test_a_shown_secret_is_hidden_again(qloop, panel):
    row = panel.rows["refresh_token"]
    row.show_secret(SECRETS["refresh_token"])
    assert row.eye.isChecked()

    row.eye.click()

    assert row._line.text() == ""
    assert not row.eye.isChecked()
    row.show_secret(SECRETS["refresh_token"])
    row._hide.timeout.emit()
    assert row._line.text() == ""


async def test_a_new_secret_is_typed_unseen_and_shown_as_dots_once_it_is_kept(qloop, panel, service):
    row = panel.rows["client_secret"]
    assert row._line.echoMode() is QLineEdit.EchoMode.Password

    row.set_text("fedcba9876543210")
    panel.save()

    await until(lambda: row._line.placeholderText() == "••••3210")
    assert service.asked == [("save", ("client_secret", "fedcba9876543210"))]
    assert row._line.text() == ""
    assert row.state.source == "In the keychain"


async def test_a_secret_is_forgotten_by_its_arrow(qloop, panel, service):
    row = panel.rows["client_secret"]

    row._reset.click()

    await until(lambda: row._line.placeholderText() == "not set")
    assert service.asked == [("save", ("client_secret", None))]


async def test_what_no_vault_takes_is_said_next_to_the_field(qloop, panel, monkeypatch):
    async def refuse(_name, _value):
        raise NoVaultError("This computer has no keychain that could keep secrets", advice="Make an encrypted file.")

    monkeypatch.setattr(panel, "_save", refuse)
    row = panel.rows["client_secret"]

    row.set_text("fedcba9876543210")
    panel.save()

    await until(lambda: "no keychain" in row.fault)
    assert row._line.text() == "fedcba9876543210"


async def test_an_address_is_tried_with_its_password_though_dots_are_shown(qloop, panel, monkeypatch):
    tried = []

    async def test(url):
        tried.append(url)
        return "Reached."

    monkeypatch.setattr(panel.tools, "_test", test)
    panel.tools.test_button.click()
    await until(lambda: tried)
    panel.rows["database_url"].set_text("postgresql://sara:••••@other/tsh")

    assert tried == [SECRETS["database_url"]]
    assert panel.rows["database_url"].fault == "Write the password in place of the dots."


async def test_ctrl_z_takes_back_what_was_typed_into_the_field(qloop, panel):
    row = panel.rows["per_day"]
    row.focus_field()
    QTest.keyClicks(row._line, "00")
    assert row.is_changed

    QTest.keyClick(row._line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    assert row.text == "1000"
    assert not panel.bar.isVisible()


async def test_ctrl_z_takes_back_a_box_too(qloop, panel):
    row = panel.rows["products"]
    box = row._boxes[0][1]
    box.click()
    assert row.is_changed

    QTest.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)

    assert not row.is_changed


async def test_a_limit_at_which_zoho_blocks_is_noted_and_can_be_saved(qloop, panel):
    row = panel.rows["per_minute"]

    row.set_text("200")

    assert "blocks" in row.note
    assert row.fault == ""
    assert panel.bar.save_button.isEnabled()


async def test_an_export_and_an_import_bring_the_same_values_as_unsaved_changes(qloop, panel, deeds, tmp_path, loaded):
    other = replace(loaded, settings=loaded.settings.model_copy(update={"per_day": 7777}))
    other = replace(other, origins=dict(loaded.origins) | {"per_day": loaded.origins["client_secret"]})
    export_settings(other, tmp_path / "out.toml", passphrase="export phrase")

    panel.transfer.import_from(tmp_path / "out.toml")
    await until(lambda: panel.findChild(PassphraseQuestion))
    assert panel.rows["per_day"].text == "7777"
    assert panel.rows["per_day"].is_changed
    question = panel.findChild(PassphraseQuestion)
    question.first.setText("export phrase")
    question.buttons[0].click()

    await until(lambda: panel.rows["client_secret"].text == SECRETS["client_secret"])
    assert panel.rows["client_secret"]._line.echoMode() is QLineEdit.EchoMode.Password


async def test_an_export_with_secrets_asks_for_a_passphrase_twice(qloop, panel, deeds, tmp_path):
    panel.transfer._ask_new()
    question = panel.findChild(PassphraseQuestion)
    good = []
    for first, second in (("short", "short"), ("long enough", "another one"), ("long enough", "long enough")):
        question.first.setText(first)
        question.second.setText(second)
        good.append(question.buttons[0].isEnabled())
    question.reject()

    panel.transfer.export_to(tmp_path / "out.toml", "long enough")
    await until((tmp_path / "out.toml").exists)

    assert good == [False, False, True]
    content = (tmp_path / "out.toml").read_text(encoding="utf-8")
    assert SECRETS["refresh_token"] not in content
    assert read_settings(tmp_path / "out.toml").secrets("long enough") == SECRETS


async def test_a_file_that_is_none_is_told(qloop, panel, tmp_path):
    told = []
    panel.told.connect(told.append)
    (tmp_path / "in.toml").write_text("rubbish", encoding="utf-8")

    panel.transfer.import_from(tmp_path / "in.toml")

    await until(lambda: told)
    assert "cannot be read as settings" in told[0].title


async def test_the_sign_in_and_the_vault_are_shown(qloop, panel):
    box = panel.connection.box
    panel.connection.look()
    await until(lambda: not box.vault_words.isHidden())
    assert box.words.text() == "Signed in to Zoho."

    panel.connection.show_health(HEALTH)

    assert box.words.text() == "Signed in to Zoho (zoho.com)."
    assert "2 permissions" in box._more.text()
    assert box.vault_words.text() == "Secrets rest in this computer's keychain."
    assert box.unlock_button.isHidden()
    assert box.file_button.isHidden()


async def test_a_lost_sign_in_is_told_with_one_button(qloop, panel):
    wishes = []
    panel.connection.box.sign_in.connect(lambda: wishes.append("sign in"))

    panel.connection.show_health(replace(HEALTH, state="needs_you"))
    panel.connection.box.sign_in_button.click()

    assert "no longer accepts" in panel.connection.box.words.text()
    assert panel.connection.box.rotate_button.isHidden()
    assert wishes == ["sign in"]


async def test_a_closed_file_is_opened_with_its_passphrase(qloop, window, panel, deeds):
    deeds.state = VaultState(kind=VaultKind.FILE, is_writable=True, problem="It is closed.")
    again = []
    panel.reopen.connect(lambda: again.append(1))
    panel.connection.look()
    await until(lambda: not panel.connection.box.unlock_button.isHidden())
    assert panel.connection.box.vault_words.text() == "It is closed."

    panel.show_settings(replace(deeds.loaded, vault=VaultKind.FILE, vault_problem="It is closed."), has_database=True)
    window._is_open = True
    window.show_state()
    assert not window.banners.vault.isHidden()
    window.wishes.fulfil("products", "unlock")  # as a card's button, a start that failed and the check-up do
    question = panel.findChild(PassphraseQuestion)
    deeds.error = VaultLockedError("The passphrase is not the right one", advice="Try again.")
    question.first.setText("wrong horse")
    question.buttons[0].click()
    await until(question.first.isEnabled)
    assert question.isVisible()
    assert "not the right one" in question._why.text()

    deeds.error = None
    question.first.setText("correct horse")
    question.buttons[0].click()

    await until(lambda: again)
    assert deeds.asked[-1] == ("unlock", "correct horse")


async def test_without_a_keychain_an_encrypted_file_is_offered(qloop, panel, deeds):
    deeds.state = VaultState(kind=VaultKind.ENVIRONMENT, is_writable=False)
    panel.connection.look()
    await until(lambda: not panel.connection.box.file_button.isHidden())

    panel.connection.box.file_button.click()
    question = panel.findChild(PassphraseQuestion)
    question.first.setText("correct horse")
    question.second.setText("correct horse")
    question.buttons[0].click()

    await until(lambda: "encrypted file" in panel.connection.box.vault_words.text())
    await until(panel.connection.box.file_button.isHidden)
    assert deeds.asked == [("make_file", "correct horse")]


async def test_what_another_machine_saved_is_shown_unless_something_is_typed(qloop, window, panel, deeds, tmp_path):
    deeds.loaded = load(home=tmp_path, shared={"per_day": "2500"}, environment=False)
    panel.rows["per_minute"].set_text("30")

    window.go("sync")
    window.go("settings")
    await until(panel.connection.box.vault_words.text)
    assert panel.rows["per_day"].text == "1000"
    panel.revert()
    window.go("sync")
    window.go("settings")

    await until(lambda: panel.rows["per_day"].text == "2500")


async def test_a_new_passphrase_says_why_it_will_not_do(qloop, panel, deeds):
    deeds.state = VaultState(kind=VaultKind.ENVIRONMENT, is_writable=False)
    panel.connection.look()
    await until(lambda: not panel.connection.box.file_button.isHidden())
    panel.connection.box.file_button.click()
    question = panel.findChild(PassphraseQuestion)

    question.first.setText("horse")
    assert question._why.text() == "Still 3 characters too short."
    question.first.setText("correct horse")
    question.second.setText("correct house")
    assert question._why.text() == "The two are not the same."
    assert not question.buttons[0].isEnabled()
    question.second.setText("correct horse")
    assert question.buttons[0].isEnabled()
    question.reject()
