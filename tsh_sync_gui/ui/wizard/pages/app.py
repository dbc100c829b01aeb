"""3 Zoho app: region, products and client type; what to paste into Zoho's console; id and secret."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QButtonGroup, QCheckBox, QComboBox, QHBoxLayout, QRadioButton, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.values import ClientType, DataCentre, Step, ZohoApp
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label, set_property, set_text
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.parts import Field, Note, ValueRow, section
from tsh_sync_gui.ui.wizard.state.app import (
    CLIENT_TYPES,
    AppForm,
    centre_title,
    form_from,
    is_kept,
    paste_values,
    products_fault,
    secret_hint,
    type_titles,
)

_CHOICE: Final = "choice of products"


class AppPage(Page):
    """Keeps the registered app; the form of the values is checked as they are typed."""

    step = Step.APP

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.centre = QComboBox()
        self.find_it = button(tr("Find it for me"), icon_name="search")
        self.found = Note()
        self.products = {"books": QCheckBox("Zoho Books"), "inventory": QCheckBox("Zoho Inventory")}
        self._products_fault = label("", "caption")
        self.types: dict[ClientType, QRadioButton] = {}
        self.values = [ValueRow("") for _ in range(3)]
        self.console = button(tr("Open Zoho's API console"), "soft", icon_name="cloud")
        self.client_id = Field(tr("Client id"), hint="1000.…")
        self.client_secret = Field(tr("Client secret"), secret=True)
        self._app: ZohoApp | None = None
        self._is_filled = False
        self._build()

    def _build(self) -> None:
        self.body.addWidget(section(tr("Your Zoho account")))
        self.centre.setAccessibleName(tr("Data centre"))
        self.centre.setMaxVisibleItems(12)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.centre, 1)
        row.addWidget(self.find_it)
        self.body.addWidget(label(tr("Data centre: the address you see when you use Zoho"), "small"))
        self.body.addLayout(row)
        self.body.addWidget(self.found)
        boxes = QHBoxLayout()
        boxes.setSpacing(20)
        boxes.addWidget(label(tr("Products"), "strong"))
        for key, box in self.products.items():
            box.setAccessibleName(tr("Product: {name}").format(name=box.text()))
            box.setChecked(True)
            box.clicked.connect(self._edited)
            box.setProperty("product", key)
            boxes.addWidget(box)
        set_property(self._products_fault, "tone", "red")
        boxes.addWidget(self._products_fault)
        boxes.addStretch(1)
        self.body.addLayout(boxes)
        self._build_console()
        self.body.addWidget(section(tr("What Zoho gave you")))
        self.body.addWidget(self.client_id)
        self.body.addWidget(self.client_secret)
        self.find_it.clicked.connect(self._find)
        self.console.clicked.connect(self._open_console)
        self.client_id.edited.connect(self._edited)
        self.client_secret.edited.connect(self._edited)
        self.found.show_note("")

    def _build_console(self) -> None:
        hint = tr("Open the console, choose “Add client” and this type, and paste the values.")
        self.body.addWidget(section(tr("In Zoho's API console"), hint))
        types = QWidget()
        column = QVBoxLayout(types)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        group = QButtonGroup(self)
        titles = type_titles()
        for one in CLIENT_TYPES:
            title, line = titles[one]
            made = QRadioButton(f"{title} – {line}")
            made.setAccessibleName(title)
            made.setAccessibleDescription(line)
            made.clicked.connect(self._edited)
            group.addButton(made)
            self.types[one] = made
            column.addWidget(made)
        self.types["server"].setChecked(True)
        self.body.addWidget(types)
        for row in self.values:
            self.body.addWidget(row)
        foot = QHBoxLayout()
        foot.addWidget(self.console)
        foot.addStretch(1)
        self.body.addLayout(foot)

    # Shown

    @override
    def enter(self) -> None:
        if not self.centre.count():
            for centre in self.setup.data_centres():
                self.centre.addItem(centre_title(centre), centre.location)
            self.centre.currentIndexChanged.connect(self._edited)
        self._show_values()
        self.quietly(self.setup.app(), self._show_app)

    def _show_app(self, app: ZohoApp | None) -> None:
        self._app = app
        if not self._is_filled:
            self._fill(form_from(app))
        self._show_values()
        self.changed.emit()

    def _fill(self, form: AppForm) -> None:
        self._is_filled = True
        self.client_id.set_text(form.client_id)
        self.types[form.client_type].setChecked(True)
        self._choose_centre(form.location)
        for key, box in self.products.items():
            box.setChecked(key in form.products)

    def _choose_centre(self, location: str) -> None:
        place = self.centre.findData(location)
        if place >= 0:
            self.centre.setCurrentIndex(place)

    @property
    def form(self) -> AppForm:
        """Return what is chosen and typed."""
        return AppForm(
            client_id=self.client_id.text,
            client_secret=self.client_secret.text,
            client_type=next(one for one, box in self.types.items() if box.isChecked()),
            location=str(self.centre.currentData() or "us"),
            products=frozenset(key for key, box in self.products.items() if box.isChecked()),
        )

    @property
    def faults(self) -> dict[str, str]:
        """Return what is wrong with the form, by field."""
        form = self.form
        found = self.setup.check_app(form.client_id, form.client_secret, form.client_type)
        fault = products_fault(form.products)
        return found | ({_CHOICE: fault} if fault else {})

    @property
    @override
    def can_go_on(self) -> bool:
        if self.is_busy or self.desk.setup is None:
            return False
        return is_kept(self.form, self._app) or not self.faults

    @property
    @override
    def missing(self) -> str:
        return tr("Client id and client secret are asked for")

    @override
    def focus_first(self) -> None:
        self.centre.setFocus(Qt.FocusReason.TabFocusReason)

    def _edited(self) -> None:
        self._is_filled = True
        self.drop_problem()
        self.found.show_note("")
        self._show_values()
        self._show_faults(only_typed=True)
        self.changed.emit()

    def _show_faults(self, *, only_typed: bool) -> None:
        faults = self.faults
        for name, field in (("client_id", self.client_id), ("client_secret", self.client_secret)):
            field.show_fault(faults.get(name, "") if field.text or not only_typed else "")
        set_text(self._products_fault, faults.get(_CHOICE, ""))

    def _show_values(self) -> None:
        form = self.form
        values = paste_values(self.setup.console_values(form.location, form.products), form.client_type)
        for place, row in enumerate(self.values):
            row.setVisible(place < len(values))
            if place < len(values):
                row.show_value(values[place].value, values[place].hint, name=values[place].title)
        self.client_secret.line.setPlaceholderText(secret_hint(self._app, form.client_type))

    # Done

    def _open_console(self) -> None:
        form = self.form
        QDesktopServices.openUrl(QUrl(self.setup.console_values(form.location, form.products).console_url))

    def _find(self) -> None:
        form = self.form
        faults = self.setup.check_app(form.client_id, form.client_secret, form.client_type)
        if faults:
            self._show_faults(only_typed=False)
            self.found.show_note(
                tr("Fill in client id and secret first: Zoho is asked which region knows them."), "blue"
            )
            self.client_id.line.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        words = tr("Asking Zoho's regions which one knows this app…")
        coroutine = self.setup.find_data_centre(form.client_id, form.client_secret)
        self.run(coroutine, words, self._found, otherwise=self._not_found, can_cancel=True)

    def _found(self, centre: DataCentre) -> None:
        self._choose_centre(centre.location)
        self.found.show_note(tr("Your app is registered in {region}.").format(region=centre_title(centre)), "green")

    def _not_found(self, error: BaseException) -> None:
        self.show_error(error, (tr("Try again"), self._find))

    @override
    def submit(self) -> None:
        form = self.form
        if is_kept(form, self._app):
            self.finished.emit()
            return
        if self.faults:
            self._show_faults(only_typed=False)
            return
        self.run(
            self.setup.keep_app(
                form.client_id,
                form.client_secret,
                client_type=form.client_type,
                location=form.location,
                products=form.products,
            ),
            tr("Keeping the app…"),
            self._kept,
        )

    def _kept(self, app: ZohoApp) -> None:
        self._app = app
        self.client_secret.line.clear()
        self._show_values()
        self.finished.emit()
