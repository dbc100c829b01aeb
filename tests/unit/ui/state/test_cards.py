"""What one card says."""

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.support.fake_service import NOW, overview, quota_of, run_info, status_of
from tests.unit.ui.state.test_live import ENTITY, RUN, finished, page, started
from tsh_sync_gui.core.events import Event, RunPaused, RunWaiting
from tsh_sync_gui.core.values import Counts, EntityState, Mode, Phase, RunState
from tsh_sync_gui.engine.letters.values import LetterFigures
from tsh_sync_gui.engine.views import EntityStatus, Forecast
from tsh_sync_gui.ui.state.cards import CardState, card_state
from tsh_sync_gui.ui.state.live import AppState, RunView, advance, asked, rebase
from tsh_sync_gui.ui.state.offers import Do
from tsh_sync_gui.ui.state.prices import Prices, cost_sentence, fits, price, total
from tsh_sync_gui.ui.state.problems import problem_of

PRICES = Prices(
    changes={ENTITY: Forecast(entity=ENTITY, calls_low=1, calls_high=3)},
    full={ENTITY: Forecast(entity=ENTITY, calls_low=9, calls_high=9, seconds=30, share_of_day=0.009)},
)


def card(
    *events: Event,
    status: EntityStatus | None = None,
    mode: str = "",
    step: float = 2.0,
    prices: Prices | None = None,
    pending: tuple[str, ...] = (),
) -> CardState:
    view = overview(status) if status else overview()
    state = rebase(AppState(), view, asked_at=0.0, at=0.0)
    for place, event in enumerate(events, start=1):
        state = advance(state, event, at=place * step)
    state = asked(state, pending)
    return card_state(state, prices or PRICES, ENTITY, now=NOW, at=len(events) * step, mode=mode)


def dos(shown: CardState, *, leading: bool = True) -> list[Do]:
    return [offer.do for offer in shown.offers if offer.leads or not leading]


def test_an_entity_at_rest_offers_to_sync_with_its_price():
    shown = card()

    assert shown.look.word == "Up to date"
    assert shown.bar is None
    assert dos(shown) == [Do.SYNC]
    assert shown.offers[0].label == "Sync now · 1–3 calls"
    assert shown.next == "No schedule"
    assert shown.last_good == "Last good run 4 min ago"


def test_the_last_used_mode_leads():
    assert dos(card(mode="full")) == [Do.FULL]
    assert dos(card(mode="no such mode")) == [Do.SYNC]


def test_a_run_shows_done_total_rate_and_time_left():
    shown = card(started(), page(200, 1000), page(400, 1000), page(600, 1000))

    assert shown.look.word == "Running"
    assert shown.bar is not None
    assert shown.bar.text == "600 / 1,000"
    assert shown.bar.pace == "100/s · 4 s left"
    assert dos(shown) == [Do.PAUSE, Do.CANCEL]


def test_an_unknown_total_says_counting_and_never_zero_of_zero():
    nothing = card(started(expected=0))
    some = card(started(), page(80, None))

    assert nothing.bar is not None
    assert nothing.bar.text == "counting"
    assert nothing.bar.share is None
    assert some.bar is not None
    assert some.bar.text == "80 · counting"


def test_more_records_than_expected_are_not_hidden():
    shown = card(started(), page(1300, 1250))

    assert shown.bar is not None
    assert shown.bar.text == "1,300, more than expected"


def test_a_long_wait_is_a_moment_not_a_number_of_seconds():
    shown = card(started(mode=Mode.INCREMENTAL), page(1, 100_000), page(2, 100_000))

    assert shown.bar is not None
    assert "done about" in shown.bar.pace


def test_the_minute_limit_stands_beside_the_bar():
    until = NOW + timedelta(seconds=34)

    shown = card(started(), page(200, 1000), RunWaiting(run=RUN, entity=ENTITY, reason="minute_limit", until=until))

    assert shown.look.word == "Waiting"
    assert shown.note == "Waiting 34 s for Zoho's per-minute limit"
    assert shown.bar is not None
    assert shown.bar.pace.startswith("minute limit, 34 s")
    assert shown.bar.calm
    assert shown.problem is None


def test_no_time_is_left_to_say_where_all_that_was_expected_is_here():
    waiting = RunWaiting(run=RUN, entity=ENTITY, reason="minute_limit", until=NOW + timedelta(seconds=34))
    full = (started(), page(200, 1000), page(1000, 1000))

    assert "left" not in card(*full).bar.pace
    assert card(*full, waiting).bar.pace == "minute limit, 34 s"


def test_waiting_for_the_daily_quota_includes_the_wait_in_the_time_left():
    until = NOW + timedelta(hours=10)
    waiting = RunWaiting(run=RUN, entity=ENTITY, reason="daily_quota", until=until)

    shown = card(started(), page(200, 1000), page(400, 1000), waiting)

    assert shown.bar is not None
    assert shown.bar.pace.endswith("after quota reset")
    assert shown.problem is not None
    assert shown.problem.title.startswith("Daily quota used up until")


def test_a_paused_run_says_by_whom_and_offers_to_resume():
    shown = card(started(), RunPaused(run=RUN, entity=ENTITY, by="Sara"))

    assert shown.look.word == "Paused"
    assert shown.bar is not None
    assert shown.bar.pace == "by Sara"
    assert dos(shown) == [Do.RESUME, Do.CANCEL]


def test_a_run_elsewhere_says_where_and_why_sync_is_disabled():
    live = run_info(ENTITY, RunState.RUNNING, expected=1250, counts=Counts(seen=640))

    shown = card(status=status_of(ENTITY, state=EntityState.RUNNING, live=live, here=False))

    lead = next(offer for offer in shown.offers if offer.leads)
    assert shown.note == "on ACCOUNTS-PC by Sara"
    assert lead.do is Do.SYNC
    assert lead.reason == "Runs on ACCOUNTS-PC by Sara."


def test_a_silent_run_offers_to_take_over():
    live = run_info(ENTITY, RunState.RUNNING, heartbeat_at=NOW - timedelta(minutes=3))

    shown = card(status=status_of(ENTITY, state=EntityState.RUNNING, live=live, here=False, silent=True))

    assert shown.problem is not None
    assert shown.problem.title == "No sign of life for 3 min"
    assert dos(shown) == [Do.TAKE_OVER]


def test_a_failed_run_says_why_and_what_to_do():
    last = run_info(ENTITY, RunState.FAILED, title="Zoho has trouble", advice="Try later.", error_kind="transient")

    shown = card(status=status_of(ENTITY, state=EntityState.FAILED, last=last))

    assert shown.problem is not None
    assert (shown.problem.title, shown.problem.meaning) == ("Zoho has trouble", "Try later.")
    assert dos(shown) == [Do.SYNC]


def test_a_run_that_a_killed_program_left_is_failed_and_says_so():
    left = run_info(ENTITY, RunState.RUNNING)
    note = "The program ended in mid-run; the next sync goes on from there."

    shown = card(status=status_of(ENTITY, state=EntityState.FAILED, last=left, note=note))

    assert shown.problem is not None
    assert shown.problem.title == note


def test_a_cancelled_run_is_paused_and_goes_on_with_the_next_sync():
    shown = card(status=status_of(ENTITY, state=EntityState.PAUSED, last=run_info(ENTITY, RunState.CANCELLED)))

    assert shown.problem is not None
    assert shown.problem.title == "Cancelled by a person"
    assert dos(shown) == [Do.SYNC]


def test_a_forecast_that_is_a_mere_guess_gives_no_time_left():
    prices = Prices(full={ENTITY: Forecast(entity=ENTITY, calls_low=1, calls_high=1, seconds=300, known=False)})
    state = advance(rebase(AppState(), overview(), asked_at=0.0, at=0.0), started(), at=1.0)

    shown = card_state(state, prices, ENTITY, now=NOW, at=1.0)

    assert shown.bar is not None
    assert shown.bar.pace == ""


def test_a_second_try_names_what_failed_last():
    last = run_info(ENTITY, RunState.FAILED, title="Zoho has trouble")

    shown = card(started(), status=status_of(ENTITY, state=EntityState.FAILED, last=last))

    assert shown.look.word == "Running"
    assert shown.note == "2nd try, last failed: Zoho has trouble"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("confirmation", Do.REVIEW), ("authorisation", Do.SIGN_IN), ("vault_locked", Do.UNLOCK)],
)
def test_what_needs_a_person_leads_to_where_it_is_decided(kind, expected):
    last = run_info(ENTITY, RunState.NEEDS_YOU, title="Look", error_kind=kind)

    shown = card(status=status_of(ENTITY, state=EntityState.NEEDS_YOU, last=last))

    assert dos(shown) == [expected]


def test_what_this_organization_cannot_serve_is_disabled_with_the_reason():
    shown = card(status=status_of(ENTITY, unavailable="Needs Zoho Books."))

    assert all(offer.reason == "Needs Zoho Books." for offer in shown.offers)
    assert shown.problem is not None


def test_a_wish_shows_at_once_before_the_run_begins():
    state = asked(rebase(AppState(), overview(), asked_at=0.0, at=0.0), [ENTITY])

    shown = card_state(state, PRICES, ENTITY, now=NOW, at=0.0)

    assert shown.look.word == "Running"
    assert shown.bar is not None
    assert shown.bar.text == "Starting"


def test_records_and_details_move_with_the_run():
    status = status_of(ENTITY, local=1000, detailed=300, live=run_info(ENTITY, RunState.RUNNING, id=RUN))

    listed = card(started(), page(250, 1250), status=status)
    detailed = card(started(), page(40, 700, Phase.DETAILS), status=status)

    assert listed.records == "1,250"
    assert detailed.details == "details 340/1,040"


def test_the_figures_after_a_run_are_that_runs():
    shown = card(started(mode=Mode.INCREMENTAL), page(400, 400), finished())

    assert [figure.value for figure in shown.counts] == ["400", "0", "0", "0", "0"]
    assert shown.counts_title == "Last run · Changes"


def test_a_run_of_details_alone_shows_them_while_it_goes_and_afterwards():
    quiet = Counts()
    going = card(started(mode=Mode.INCREMENTAL), replace(page(40, 700, Phase.DETAILS), counts=quiet))
    status = status_of(ENTITY, last=run_info(ENTITY, counts=quiet, details_done=700, details_total=700))

    assert [(one.value, one.word) for one in going.counts] == [("40", "details fetched"), ("0", "failed")]
    assert going.bar is not None
    assert going.bar.text == "Fetching details · 40 / 700"
    assert card(status=status).counts[0].value == "700"


def test_a_wish_shows_at_once_also_where_a_run_has_just_ended():
    shown = card(started(), page(400, 400), finished(), pending=(ENTITY,))

    assert shown.look.word == "Running"
    assert shown.bar is not None


@pytest.mark.parametrize(
    ("forecast", "expected"),
    [
        (Forecast(entity="", calls_low=9, calls_high=9), "about 9 calls"),
        (Forecast(entity="", calls_low=1, calls_high=1), "about 1 call"),
        (Forecast(entity="", calls_low=0, calls_high=0), "no calls"),
        (Forecast(entity="", calls_low=2, calls_high=5), "2–5 calls"),
        (Forecast(entity="", calls_low=1, calls_high=1, known=False), "at least 1 call"),
        (None, ""),
    ],
)
def test_a_price_in_words(forecast, expected):
    assert price(forecast) == expected


def test_a_price_fits_only_in_what_is_left_today():
    nine = Forecast(entity="", calls_low=9, calls_high=9)

    assert fits(nine, 9)
    assert not fits(nine, 8)
    assert not fits(Forecast(entity="", calls_low=1, calls_high=1, fits=False), 100)
    assert fits(None, 0)


def test_a_total_is_unknown_when_one_part_is():
    known, unknown = (
        Forecast(entity="a", calls_low=9, calls_high=9),
        Forecast(entity="b", calls_low=1, calls_high=1, known=False),
    )

    whole = total([known, unknown])

    assert price(whole) == "at least 10 calls"
    assert total([]) is None


def test_a_cost_sentence_has_share_and_time():
    assert cost_sentence(PRICES.full[ENTITY]) == "about 9 calls · 0.9 % of the day's calls · takes about 30 s"


def test_a_cost_sentence_says_which_details_wait_and_a_sum_of_several_does():
    told = Forecast(entity="a", calls_low=9, calls_high=9, detail_calls=2, details_later=40, later_by_share=True)
    whole = total([told, Forecast(entity="b", calls_low=1, calls_high=1)])

    waits = "the rest of the details (40 records) waits for tomorrow's calls"
    assert cost_sentence(whole) == f"about 10 calls · 2 of them for details · {waits}"


def test_the_quota_of_the_overview_is_the_states():
    state = rebase(AppState(), overview(quota=quota_of(5)), asked_at=0.0, at=0.0)

    assert state.quota is not None
    assert state.quota.day_used == 5


def test_an_unknown_price_offers_an_estimate_in_the_menu_for_the_card_has_no_room_for_it():
    unknown = Forecast(entity=ENTITY, calls_low=1, calls_high=1, known=False)

    shown = card(prices=Prices(changes={ENTITY: unknown}, full={ENTITY: unknown}))

    assert dos(shown) == [Do.SYNC]
    assert Do.ESTIMATE in {offer.do for offer in shown.offers}


def test_a_known_price_needs_no_estimate():
    known = Forecast(entity=ENTITY, calls_low=3, calls_high=3)

    shown = card(prices=Prices(changes={ENTITY: known}, full={ENTITY: known}))

    assert Do.ESTIMATE not in {offer.do for offer in shown.offers}


def test_one_record_that_could_not_be_had_leaves_sync_now_in_front():
    failed = run_info(ENTITY, mode=Mode.RECORD, state=RunState.FAILED, title="Gone")

    assert dos(card(mode="record")) == [Do.RECORD]
    assert dos(card(status=status_of(ENTITY, last=failed), mode="record")) == [Do.SYNC]


def test_details_that_wait_are_said_with_how_many_are_here():
    quiet = status_of(ENTITY, local=2000, detailed=0, last=run_info(ENTITY, mode=Mode.FULL))
    begun = replace(quiet, detailed=40, last=run_info(ENTITY, mode=Mode.FULL, details_done=40, details_total=40))

    assert card(status=quiet).problem.title == "Details wait for tomorrow's calls · 0 of 2,000"
    assert card(status=begun).problem.title == "The rest of the details waits for the next syncs · 40 of 2,000"
    left_out = replace(quiet, last=run_info(ENTITY, request={"details": "none"}))
    assert card(status=left_out).problem.title == "Details were left out · 0 of 2,000"
    assert card(status=replace(quiet, detailed=2000)).problem is None


def test_a_run_that_has_just_ended_is_not_judged_by_figures_from_before_its_end():
    ended = run_info(ENTITY, mode=Mode.FULL, details_done=340, details_total=340)
    before = status_of(ENTITY, local=340, detailed=20, last=None)

    assert problem_of(EntityState.UP_TO_DATE, before, RunView(info=ended), NOW) is None


def test_letters_of_earlier_runs_are_told_and_opened_though_the_last_run_took_all():
    figures = LetterFigures(waiting=64, by_entity={ENTITY: 64})
    state = dataclasses.replace(rebase(AppState(), overview(), asked_at=0.0, at=0.0), letters=figures)

    seen = card_state(state, PRICES, ENTITY, now=NOW, at=0.0)

    assert seen.problem.title == "64 failed records of earlier runs wait"
    assert seen.offers[0].do is Do.LETTERS
