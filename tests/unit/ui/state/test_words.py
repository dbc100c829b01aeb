"""Words of ux.md 1."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.fake_service import NOW
from tsh_sync_gui.core.values import EntityState, Mode, Phase, RunState
from tsh_sync_gui.ui.state import texts
from tsh_sync_gui.ui.state.texts import Language, ago, duration, english, exact, span, speak, tr
from tsh_sync_gui.ui.state.words import mode_word, phase_word, run_look, state_look, wait_text

WORDS = {
    "Up to date",
    "Running",
    "Waiting",
    "Late",
    "Partly done",
    "Failed",
    "Needs you",
    "Paused",
    "Never run",
}


def test_every_state_has_its_word_icon_and_tone():
    looks = [state_look(state) for state in EntityState]

    assert {look.word for look in looks} == WORDS
    assert len({look.icon for look in looks}) == len(looks)


def test_every_state_of_a_run_uses_those_words():
    assert {run_look(state).word for state in RunState} <= WORDS


def test_every_icon_is_there():
    icons = Path(texts.__file__).parents[3] / "resources" / "icons"

    assert all((icons / f"{state_look(state).icon}.svg").is_file() for state in EntityState)


def test_a_running_entity_is_never_green():
    assert state_look(EntityState.RUNNING).tone != state_look(EntityState.UP_TO_DATE).tone


@pytest.mark.parametrize("mode", list(Mode))
def test_every_mode_has_a_word(mode):
    assert mode_word(mode)


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_a_word(phase):
    assert phase_word(phase)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("minute_limit", "Waiting 34 s for Zoho's per-minute limit"),
        ("network", "Zoho cannot be reached · next try in 34 s"),
        ("other_machine", "Waiting for another machine · next try in 34 s"),
        ("no such reason", "Waiting · next try in 34 s"),
    ],
)
def test_a_wait_says_for_what_and_until_when(reason, expected):
    assert wait_text(reason, NOW + timedelta(seconds=34), NOW) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0.2, "under 1 s"), (34, "34 s"), (70, "1 min 10 s"), (1800, "30 min"), (7260, "2 h 1 min"), (200_000, "2 days")],
)
def test_a_length_of_time_has_at_most_two_units(seconds, expected):
    assert span(seconds) == expected


@pytest.mark.parametrize(
    ("passed", "expected"),
    [(3, "just now"), (40, "40 s ago"), (240, "4 min ago"), (7300, "2 h ago"), (86_400, "1 day ago")],
)
def test_a_moment_is_relative_in_lists(passed, expected):
    assert ago(NOW - timedelta(seconds=passed), NOW) == expected
    assert ago(None, NOW) == "never"


def test_an_exact_moment_names_the_organizations_zone():
    assert exact(NOW, "Asia/Baghdad").endswith("13:24:30 Asia/Baghdad")
    assert "\n" not in exact(NOW, "Nowhere/Land")


def test_a_short_run_has_tenths():
    assert duration(8.4) == "8.4 s"


def test_english_plurals_go_by_the_number():
    assert english("%Ln record(s)", 1) == "1 record"
    assert english("%Ln record(s)", 2300) == "2,300 records"
    assert english("plain (text)") == "plain (text)"


def test_another_language_is_spoken_everywhere():
    before = Language()
    try:
        speak(Language(translate=lambda text, _comment, _n: text.upper()))

        assert tr("Paused") == "PAUSED"
    finally:
        speak(before)
