"""Themes: complete, and readable."""

import json
import re
from pathlib import Path

import pytest

RESOURCES = Path(__file__).parents[3] / "resources"
LIGHT, DARK = (json.loads((RESOURCES / "themes" / f"{name}.json").read_text()) for name in ("light", "dark"))


def luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


PAIRS = [
    *((text, ground) for text in ("text", "muted") for ground in ("bg", "surface", "raised", "hover", "selected")),
    *(("text", ground) for ground in ("sidebar", "pressed")),
    ("faint", "surface"),
    ("faint", "bg"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("on_accent", "accent_pressed"),
    ("blue", "selected"),
    ("blue", "accent_soft"),
    ("demo", "demo_soft"),
    *((tone, f"{tone}_soft") for tone in ("green", "blue", "amber", "red", "grey")),
    *((tone, "surface") for tone in ("green", "blue", "amber", "red", "grey")),
    *(("muted", f"{tone}_soft") for tone in ("blue", "amber", "red", "grey")),
]


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(theme, text, ground):
    assert contrast(theme[text], theme[ground]) >= 4.5


def test_both_themes_have_the_same_tokens():
    assert set(LIGHT) == set(DARK)


def test_the_style_sheet_uses_only_known_tokens():
    sheet = (RESOURCES / "themes" / "app.qss").read_text().partition("*/")[2]
    kinds = json.loads((RESOURCES / "themes" / "type.json").read_text())
    known = set(LIGHT) | {f"font-{role}" for role in kinds["scale"]} | {"scheme", "resources"}

    assert set(re.findall(r"@([a-z_-]+)", sheet)) <= known


def test_the_state_of_the_window_needs_no_qt():
    folder = Path(__file__).parents[3] / "tsh_sync_gui" / "ui" / "state"

    assert not [file.name for file in folder.glob("*.py") if "PySide6" in file.read_text()]


def test_no_entitys_name_stands_in_the_window():
    from tsh_sync_gui.entities.registry import REGISTRY  # noqa: PLC0415

    # `products` is also the name of a setting.
    folder = Path(__file__).parents[3] / "tsh_sync_gui" / "ui"
    text = "\n".join(file.read_text() for file in folder.rglob("*.py"))

    assert not [one.name for one in REGISTRY if one.name != "products" and one.name in text]
