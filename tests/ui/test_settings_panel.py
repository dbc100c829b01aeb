"""The Settings screen."""

from __future__ import annotations

from tests.ui.conftest import until
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.ui import theme


def show(window, tmp_path, **overrides):
    window.settings.show_settings(load(home=tmp_path, overrides=overrides, environment=False), has_database=True)
    window.go("settings")
    return window.settings


async def test_a_bad_value_says_what_is_allowed_next_to_the_field(qloop, window, tmp_path):
    panel = show(window, tmp_path)

    panel.rows["per_minute"].set_text("0")

    assert panel.rows["per_minute"].fault == "Allowed: 1 to 1,000,000."
    assert not panel.bar.save_button.isEnabled()


async def test_a_good_value_is_saved_and_shown_as_saved(qloop, window, service, tmp_path):
    panel = show(window, tmp_path)

    panel.rows["per_day"].set_text("2500")
    panel.bar.save_button.click()

    await until(lambda: service.asked)
    assert service.asked == [("save", ("per_day", "2500"))]
    await until(lambda: panel.rows["per_day"].state.source == "Saved for all machines")
    assert not panel.bar.isVisible()


async def test_saving_one_setting_keeps_what_was_typed_into_others(qloop, window, service, tmp_path):
    panel = show(window, tmp_path)
    panel.rows["per_minute"].set_text("0")
    panel.rows["per_day"].set_text("2500")

    panel.save()

    await until(lambda: panel.rows["per_day"].state.value == "2500")
    assert panel.rows["per_minute"].text == "0"
    assert panel.rows["per_minute"].fault


async def test_reset_goes_back_to_the_default(qloop, window, service, tmp_path):
    panel = show(window, tmp_path)
    panel.rows["per_day"].set_text("2500")
    panel.save()
    await until(lambda: panel.rows["per_day"].state.can_reset)

    panel.rows["per_day"]._reset.click()

    await until(lambda: panel.rows["per_day"].text == "1000")
    assert service.asked[-1] == ("save", ("per_day", None))


async def test_revert_drops_what_was_typed(qloop, window, tmp_path):
    panel = show(window, tmp_path)
    panel.rows["per_day"].set_text("2500")

    panel.revert()

    assert panel.rows["per_day"].text == "1000"
    assert not panel.bar.isVisible()


async def test_a_locked_setting_cannot_be_edited_and_says_why(qloop, window, tmp_path):
    panel = show(window, tmp_path, per_minute=60)

    row = panel.rows["per_minute"]

    assert not row._field.isEnabled()
    assert "command line" in row._field.toolTip()


async def test_the_appearance_is_used_as_soon_as_it_is_chosen(qtbot, qloop, window, service, tmp_path):
    panel = show(window, tmp_path)
    dark = next(box for value, box in panel.rows["theme"]._boxes if value == "dark")

    dark.click()

    await until(lambda: service.asked)
    assert theme.current().is_dark
    window.use_theme("light")


async def test_products_are_boxes(qloop, window, service, tmp_path):
    panel = show(window, tmp_path)
    boxes = dict(panel.rows["products"]._boxes)

    boxes["inventory"].click()
    panel.save()

    await until(lambda: service.asked)
    assert service.asked == [("save", ("products", "books"))]


async def test_a_database_can_be_tried_before_it_is_saved(qloop, window, tmp_path):
    panel = show(window, tmp_path)

    panel.tools.test_button.click()

    await until(lambda: "Reached PostgreSQL" in panel.tools.verdict.text())


async def test_the_search_finds_titles_and_variables(qloop, window, tmp_path):
    panel = show(window, tmp_path)

    panel.search.setText("ZOHO_DAILY")

    assert [name for name, row in panel.rows.items() if not row.isHidden()] == ["per_day"]
    panel.search.setText("no such thing")
    assert panel._none.isVisible()
    assert panel.escape()
