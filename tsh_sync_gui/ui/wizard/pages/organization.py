"""5 Organization: a list, one click."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.values import OrganizationChoice, Step
from tsh_sync_gui.core.errors import AuthorisationError
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.parts import Tile
from tsh_sync_gui.ui.wizard.state.organization import empty_text, organization_tiles, preferred


class OrganizationPage(Page):
    """Shows what the sign-in sees; the one that is kept costs no call to show."""

    step = Step.ORGANIZATION

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.tiles: dict[str, Tile] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(10)
        self.body.addLayout(self._list)
        self.ask = button(tr("Ask Zoho again · 1 call"), icon_name="refresh")
        self.ask.clicked.connect(self.load)
        row = QHBoxLayout()
        row.addWidget(self.ask)
        row.addStretch(1)
        self.body.addLayout(row)
        self._choices: tuple[OrganizationChoice, ...] = ()
        self._kept = ""

    @override
    def enter(self) -> None:
        self.ask.hide()
        self.run(self.setup.organization(), tr("Looking what is kept…"), self._show_kept)

    def _show_kept(self, kept: OrganizationChoice | None) -> None:
        self._kept = kept.id if kept else ""
        self.desk.found["organization"] = kept
        if kept is None:
            self.load()
            return
        self._show((kept,))
        self.ask.setText(tr("Show all organizations · 1 call"))

    def load(self) -> None:
        """Ask Zoho which organizations the sign-in sees."""
        self.run(
            self.setup.organizations(), tr("Asking Zoho for your organizations…"), self._show, otherwise=self._refused
        )

    def _refused(self, error: BaseException) -> None:
        if isinstance(error, AuthorisationError):
            self.show_error(error, (tr("Sign in again"), lambda: self.wanted.emit(Step.SIGN_IN)))
        else:
            self.show_error(error, (tr("Try again"), self.load))

    def _show(self, choices: tuple[OrganizationChoice, ...]) -> None:
        self._choices = choices
        for tile in self.tiles.values():
            self._list.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self.tiles = {}
        for one in organization_tiles(choices):
            tile = Tile(one.name, one.refusal or one.line, "building")
            tile.setEnabled(not one.refusal)
            tile.setToolTip(one.refusal)
            if one.is_chosen:
                tile.show_mark("check", "green")
                tile.setAccessibleDescription(tr("{line}, chosen").format(line=one.line))
            tile.clicked.connect(lambda _=False, key=one.id: self.choose(key))
            self._list.addWidget(tile)
            self.tiles[one.id] = tile
        self.ask.setText(tr("Ask Zoho again · 1 call"))
        self.ask.show()
        if not choices:
            self.show_problem(Problem(title=tr("No organization"), meaning=empty_text(), is_grave=True))
        self.focus_first()
        self.changed.emit()

    @property
    @override
    def next_text(self) -> str:
        chosen = preferred(self._choices)
        return tr("Next") if not chosen or chosen == self._kept else tr("Use this organization")

    @property
    @override
    def can_go_on(self) -> bool:
        return not self.is_busy and bool(preferred(self._choices))

    @property
    @override
    def missing(self) -> str:
        return tr("Choose an organization") if self._choices else ""

    @override
    def focus_first(self) -> None:
        target = self.tiles.get(preferred(self._choices)) or next(iter(self.tiles.values()), None)
        if target is not None:
            target.setFocus(Qt.FocusReason.TabFocusReason)

    def choose(self, organization_id: str) -> None:
        """Keep this one, and go on."""
        if organization_id == self._kept:
            self.finished.emit()
            return
        words = tr("Keeping the organization…")
        self.run(
            self.setup.choose_organization(organization_id),
            words,
            lambda _nothing: self._chosen(organization_id),
            otherwise=lambda error: self.show_error(error, (tr("Choose another"), self.load)),
        )

    def _chosen(self, organization_id: str) -> None:
        self._kept = organization_id
        self.desk.found["organization"] = next((one for one in self._choices if one.id == organization_id), None)
        self.desk.found.pop("checks", None)
        self.finished.emit()

    @override
    def submit(self) -> None:
        chosen = preferred(self._choices)
        if chosen:
            self.choose(chosen)

    @override
    def again(self) -> None:
        self.enter()
