"""The Arabic texts: all there, with the same fields, in the compiled file the program loads."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tsh_sync_gui.ui.language import language_of, use_language
from tsh_sync_gui.ui.state.texts import Language, number, speak, tr

sys.path.insert(0, str(Path(__file__).parents[2] / "packaging"))

import translations

_FIELD = re.compile(r"\{\w+\}")


@pytest.fixture
def arabic(qapp):
    before = qapp.layoutDirection()
    use_language(qapp, "ar")
    yield
    use_language(qapp, "en")
    qapp.setLayoutDirection(before)
    speak(Language())


def test_every_text_of_the_window_is_translated_and_compiled():
    assert translations.faults("ar") == []


def test_translations_hold_the_fields_of_the_text_and_all_plural_forms():
    known = translations.known(translations.FOLDER / "ar.ts")

    wrong = [
        text
        for text, forms in known.items()
        if any(set(_FIELD.findall(form)) != set(_FIELD.findall(text)) for form in forms)
        or ("%Ln" in text and len(forms) != 6)
    ]

    assert wrong == []


def test_arabic_counts_in_its_own_forms(arabic):
    texts = [tr("%Ln record(s)", None, n) for n in (0, 1, 2, 3, 11, 100, 1250)]

    assert texts == ["لا سجلات", "سجل واحد", "سجلان", "3 سجلات", "11 سجلًا", "100 سجل", "1,250 سجلًا"]


def test_arabic_mirrors_the_window_and_keeps_digits(arabic, qapp):
    assert qapp.layoutDirection().name == "RightToLeft"
    assert tr("Up to date") == "محدَّث"
    assert number(1234567) == "1,234,567"


def test_a_text_nobody_translated_stays_english(arabic):
    assert tr("Something brand-new with %Ln thing(s) in it", None, 2) == "Something brand-new with 2 things in it"


def test_the_systems_language_is_followed_where_it_is_one_of_ours():
    assert language_of("ar") == "ar"
    assert language_of("en") == "en"
    assert language_of("system") in {"ar", "en"}
