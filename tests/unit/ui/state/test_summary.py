"""Status bar, headline, palette."""

from tests.support.fake_service import NOW, overview, quota_of, run_info, status_of
from tests.unit.ui.state.test_live import ENTITY, RUN, folded, page, started
from tsh_sync_gui.core.events import ConnectionChanged, RunPaused
from tsh_sync_gui.core.values import Counts, EntityState, RunState
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.ui.state.cards import card_state
from tsh_sync_gui.ui.state.commands import Command, commands, found, record_commands, standing
from tsh_sync_gui.ui.state.live import AppState, rebase
from tsh_sync_gui.ui.state.prices import Prices
from tsh_sync_gui.ui.state.summary import bar_state, headline, sync_count


def at_rest(*changed, quota=None) -> AppState:
    return rebase(AppState(), overview(*changed, quota=quota), asked_at=0.0, at=0.0)


def cards_of(state: AppState):
    return tuple(card_state(state, Prices(), one.name, now=NOW, at=0.0) for one in REGISTRY)


def part(state: AppState, key: str):
    return next(one for one in bar_state(state, Prices(), now=NOW, at=9.0).parts if one.key == key)


def test_nothing_runs():
    bar = bar_state(at_rest(), Prices(), now=NOW, at=0.0)

    assert [one.key for one in bar.parts if one.is_shown] == ["zoho", "database", "running", "quota", "failed", "next"]
    assert part(at_rest(), "running").text == "Nothing runs"
    assert not bar.can_pause
    assert not bar.can_resume


def test_what_runs_now_is_named_with_done_and_total():
    state = folded(started(), page(640, 1250), state=at_rest())

    shown = part(state, "running")

    assert shown.text.startswith(f"{REGISTRY.all[0].title} · 640 / 1,250")
    assert shown.focus == ENTITY


def test_both_pause_and_resume_are_offered_when_some_are_paused():
    other = REGISTRY.all[1].name
    state = folded(started(), RunPaused(run=RUN, entity=ENTITY), started(run="r2", entity=other), state=at_rest())

    bar = bar_state(state, Prices(), now=NOW, at=9.0)

    assert bar.can_pause
    assert bar.can_resume


def test_the_quota_warns_at_eighty_percent_and_at_its_end():
    assert part(at_rest(quota=quota_of(612)), "quota").text == "API today 612/1,000"
    assert part(at_rest(quota=quota_of(612)), "quota").tone == ""
    assert part(at_rest(quota=quota_of(800)), "quota").tone == "amber"
    assert part(at_rest(quota=quota_of(1000)), "quota").tone == "red"


def test_failed_records_are_counted_over_all_entities():
    last = run_info(ENTITY, RunState.PARTLY_DONE, counts=Counts(failed=7))

    assert part(at_rest(status_of(ENTITY, last=last)), "failed").text == "7 failed records"


def test_a_lost_connection_is_red_and_says_why():
    state = folded(ConnectionChanged(what="zoho", up=False, title="Zoho has trouble", advice="Wait."), state=at_rest())

    assert part(state, "zoho").tone == "red"
    assert part(state, "zoho").hint == "Zoho has trouble. Wait."


def test_one_sentence_for_all_entities():
    assert headline(cards_of(at_rest())) == "All 8 entities up to date."
    assert headline(cards_of(at_rest(status_of(ENTITY, state=EntityState.NEEDS_YOU)))) == "1 needs you · 7 up to date"
    assert headline(()) == ""


def test_the_navigation_counts_what_needs_a_person_before_what_runs():
    running = folded(started(), state=at_rest())
    needy = folded(started(), state=at_rest(status_of(REGISTRY.all[2].name, state=EntityState.FAILED)))

    assert sync_count(cards_of(running)) == (1, "blue")
    assert sync_count(cards_of(needy)) == (1, "red")


def test_the_palette_finds_screens_entities_and_actions():
    everything = commands(
        [("sync", "Sync", "sync")], cards_of(at_rest()), standing(dark=False, can_pause=True, can_resume=False)
    )

    texts = [one.text for one in found(everything, "sync")]

    assert texts[0] == "Sync"
    assert "Sync everything" in texts
    assert f"{REGISTRY.all[0].title}: Sync now" in texts
    assert [one.text for one in found(everything, "pause")] == ["Pause all"]
    assert found(everything, "no such thing") == ()


def test_a_pasted_id_can_be_fetched_from_each_entity():
    view = overview()

    assert len(record_commands(" 4815000000044208 ", view)) == len(view.entities)
    assert record_commands("TSH-44", view) == ()


def test_the_palette_finds_english_words_in_any_language():
    arabic = Command(text="مزامنة الكل", verb="app", target="sync_all", icon="sync")
    one = Command(text="المنتجات: جلب المحذوف", verb="do", target="sweep", icon="sweep", entity="products")

    assert found((arabic, one), "Sync everything") == (arabic,)
    assert found((arabic, one), "products deleted") == (one,)
