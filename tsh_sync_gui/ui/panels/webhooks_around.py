"""What stands between the inbox's head and its list: the strip of figures, and what is wrong or paused."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QVBoxLayout, QWidget

from tsh_sync_gui.engine.ports.deliveries import InboxFigures, Refusals
from tsh_sync_gui.ui.panels.webhooks_menu import Standing
from tsh_sync_gui.ui.panels.webhooks_strip import WebhookStrip
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.listener import Listening, Mending, down_problem, mending, mending_words
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import ago, tr
from tsh_sync_gui.ui.state.webhooks import InboxFilter, Reason, empty_words, paused_problem, refused_problem, strip
from tsh_sync_gui.ui.widgets.basics import set_text
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox


class WebhookAround(QWidget):
    """Knows how the listener, today's figures and the processing stand, and shows it."""

    def __init__(
        self,
        session: Session,
        *,
        mend: Mapping[Mending, Callable[[], object]],
        resume: Callable[[], object],
        diagnose: Callable[[], object],
    ) -> None:
        super().__init__()
        self._session = session
        self._mend = mend
        self.figures: InboxFigures | None = None
        self.listening: Listening | None = None
        self.refusals = Refusals()
        self.is_paused = self.is_busy = False
        self.strip = WebhookStrip()
        self.down = ProblemBox(Problem(title=""), (tr("Start listener"), self._do))
        self.paused = ProblemBox(Problem(title=""), (tr("Resume processing"), resume))
        self.refused = ProblemBox(Problem(title=""), (tr("Diagnose"), diagnose))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        for one in (self.strip, self.down, self.refused, self.paused):
            column.addWidget(one)
        self.show_all()

    def forget(self) -> None:
        """Know nothing: another service is opened."""
        self.figures = self.listening = None
        self.refusals = Refusals()
        self.is_paused = False
        self.show_all()

    @property
    def zone(self) -> str:
        """Return the organization's time zone."""
        return self._session.state.zone

    @property
    def public(self) -> str:
        """Return the address that Zoho calls, "" while there is none."""
        whole = self._session.service
        return whole.settings.webhook_url if whole is not None else ""

    @property
    def is_demo(self) -> bool:
        """Tell whether all of this is the demo's."""
        whole = self._session.service
        return whole is not None and whole.loaded.is_demo

    @property
    def base(self) -> str:
        """Return where a copied request goes: the public host, else the listener here."""
        scheme, mark, rest = self.public.partition("://")
        if self.public:
            return f"{scheme}{mark}{rest.partition('/')[0]}"
        return self.listening.address if self.listening else "http://127.0.0.1:8000"

    @property
    def lead(self) -> str:
        """Return how things stand in a line."""
        if self.figures is None:
            return tr("What Zoho tells of, as it comes in.")
        last = self.figures.last
        if last is None:
            return tr("Nothing has come in yet.")
        return tr("Last delivery {when}.").format(when=ago(last, self._session.now))

    @property
    def is_up(self) -> bool:
        """Tell whether the listener is known to answer."""
        return self.listening is not None and self.listening.is_up

    def why_empty(self, wanted: InboxFilter) -> tuple[str, tuple[Reason, ...]]:
        """Return why *wanted* lists nothing."""
        whole = self._session.service
        return empty_words(
            wanted,
            is_up=self.is_up,
            has_secret=whole is not None and bool(whole.settings.webhook_secret.get_secret_value()),
            closed=whole.loaded.vault_problem if whole is not None else "",
            public=self.public,
            is_demo=self.is_demo,
        )

    def standing(self, *, has_one: bool) -> Standing:
        """Return how things stand, as far as the menu offers by it."""
        found = self.listening
        return Standing(
            is_up=self.is_up,
            is_ours=found is not None and found.is_ours,
            is_busy=self.is_busy,
            is_paused=self.is_paused,
            is_demo=self.is_demo,
            has_public=bool(self.public),
            has_one=has_one,
        )

    def _do(self) -> None:
        if deed := self._mend.get(mending(self.listening)):
            deed()

    def show_all(self) -> None:
        """Show how all of it stands now."""
        whole, now = self._session.service, self._session.now
        per_day = whole.settings.webhook_per_day if whole is not None else 0
        cells = strip(
            self.listening,
            self.figures,
            public=self.public,
            is_demo=self.is_demo,
            per_day=per_day,
            now=now,
            zone=self.zone,
        )
        self.strip.show_cells(cells)
        minutes = whole.settings.stock_interval_minutes if whole is not None else 30
        problem = down_problem(self.listening, minutes=minutes, is_demo=self.is_demo)
        if problem is not None:
            self.down.show_problem(problem)
        self.down.setVisible(problem is not None)
        deed = mending(self.listening)
        if self.down.choice is not None:
            self.down.choice.setVisible(deed is not Mending.NOTHING)
            self.down.choice.setEnabled(not self.is_busy)
            set_text(self.down.choice, tr("Starting…") if self.is_busy else mending_words(deed))
        refused = refused_problem(self.refusals, now)
        if refused is not None:
            self.refused.show_problem(refused)
        self.refused.setVisible(refused is not None)
        if self.is_paused:
            self.paused.show_problem(paused_problem(self.figures.waiting if self.figures else 0))
        self.paused.setVisible(self.is_paused)
        self.setVisible(True)
