"""Limits: per minute, per day, at once; headers and error bodies."""

from concurrent.futures import ThreadPoolExecutor

from tests.support.simulator import SimulatedZoho


def statuses(zoho, count):
    replies = [zoho.ask("/books/v3/pricebooks") for _ in range(count)]
    return [(reply.status_code, reply.json()["code"]) for reply in replies]


def test_the_minute_slides(make_simulator):
    with SimulatedZoho(make_simulator(per_minute=3)) as zoho:
        assert statuses(zoho, 4) == [(200, 0)] * 3 + [(429, 44)]

        zoho.control("clock", {"advance_seconds": 61})

        assert statuses(zoho, 1) == [(200, 0)]


def test_refused_calls_count_and_keep_the_block_alive(make_simulator):
    with SimulatedZoho(make_simulator(per_minute=3)) as zoho:
        statuses(zoho, 3)
        zoho.control("clock", {"advance_seconds": 50})
        statuses(zoho, 3)
        zoho.control("clock", {"advance_seconds": 20})

        assert statuses(zoho, 1) == [(429, 44)]


def test_the_day_ends_at_the_organizations_midnight(make_simulator):
    with SimulatedZoho(make_simulator(per_day=2)) as zoho:
        assert statuses(zoho, 3) == [(200, 0), (200, 0), (429, 45)]
        reset = int(zoho.ask("/books/v3/pricebooks").headers["X-Rate-Limit-Reset"])

        zoho.control("clock", {"advance_seconds": reset + 1})
        zoho.sign_in()

        assert statuses(zoho, 1) == [(200, 0)]


def test_every_answer_says_what_is_left(make_simulator):
    with SimulatedZoho(make_simulator(per_day=10)) as zoho:
        first, refused = zoho.ask("/books/v3/pricebooks"), zoho.ask("/books/v3/nothing")

    assert (first.headers["X-Rate-Limit-Limit"], first.headers["X-Rate-Limit-Remaining"]) == ("10", "9")
    assert refused.headers["X-Rate-Limit-Remaining"] == "8"
    assert 0 < int(first.headers["X-Rate-Limit-Reset"]) <= 86400


def test_the_headers_can_be_left_off(make_simulator):
    with SimulatedZoho(make_simulator(no_rate_headers=True)) as zoho:
        assert not [name for name in zoho.ask("/books/v3/pricebooks").headers if name.startswith("x-rate")]


def test_too_many_at_once_are_code_1070(make_simulator):
    with SimulatedZoho(make_simulator(concurrency=2, latency_ms=400)) as zoho:
        with ThreadPoolExecutor(4) as pool:
            codes = [reply.json()["code"] for reply in pool.map(zoho.ask, ["/books/v3/pricebooks"] * 4)]

        assert sorted(codes) == [0, 0, 1070, 1070]
        assert zoho.requests()["by_status"] == {"200": 2, "429": 2}


def test_limits_change_while_it_runs(zoho):
    assert zoho.control("config", {"per_minute": 1})["per_minute"] == 1

    assert statuses(zoho, 2) == [(200, 0), (429, 44)]
    refused = zoho.post("/__sim/config", json={"items": 5})
    assert refused.status_code == 400
    assert "items" in refused.json()["error"]


def test_control_and_oauth_calls_are_not_counted_as_calls(zoho):
    zoho.control("reset")
    zoho.sign_in()
    zoho.ask("/books/v3/pricebooks")
    zoho.ask("/books/v3/pricebooks/5461470600000000000")

    assert zoho.requests() == {
        "total": 2,
        "by_path": {"/oauth/v2/token": 1, "/books/v3/pricebooks": 1, "/books/v3/pricebooks/{id}": 1},
        "by_status": {"200": 2},
    }
