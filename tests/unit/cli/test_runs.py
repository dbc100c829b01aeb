import pytest

from tests.unit.cli.conftest import a_run
from tsh_sync_gui.core.values import RunId, RunState


@pytest.fixture(autouse=True)
def two_runs(service):
    service.known = [
        a_run("products", RunState.RUNNING, id=RunId("ab12"), ended_at=None),
        a_run("invoices", RunState.FAILED, id=RunId("ab34"), title="Zoho has trouble", advice="Try again."),
    ]


def test_runs_are_listed_newest_first(tsh_sync):
    document = tsh_sync("runs", "list", "--json").document
    table = tsh_sync("runs", "list").out

    assert [run["run_id"] for run in document["runs"]] == ["ab12", "ab34"]
    assert table.index("ab12") < table.index("ab34")


def test_runs_of_one_entity_are_listed_by_any_of_its_names(tsh_sync):
    document = tsh_sync("runs", "list", "items", "--limit", "5", "--json").document

    assert [run["entity"] for run in document["runs"]] == ["products"]


def test_without_runs_the_list_says_how_to_start_one(tsh_sync, service):
    service.known = []

    assert "tsh-sync sync" in tsh_sync("runs", "list").out
    assert tsh_sync("runs", "list", "--json").document == {"runs": []}


def test_a_run_is_opened_by_the_beginning_of_its_id(tsh_sync):
    assert tsh_sync("runs", "show", "ab3", "--json").document["run"]["run_id"] == "ab34"
    said = " ".join(tsh_sync("runs", "show", "ab3").out.split())
    assert "Invoices · Full · Failed" in said
    assert "Zoho has trouble. Try again." in said
    assert "by sara on DESK" in said
    assert "Reading the list stopped here" in said
    assert "10 seen: 4 created, 3 updated, 2 unchanged, 1 deleted, 0 failed" in said
    assert "7 list, 2 bulk, 1 detail = 10" in said


@pytest.mark.parametrize("given", ["ab", "zz"])
def test_a_run_that_is_not_one_is_refused_in_words(tsh_sync, given):
    ended = tsh_sync("runs", "show", given)

    assert ended.code == 2
    assert given in ended.err


@pytest.mark.parametrize("word", ["cancel", "pause", "resume"])
def test_a_living_run_is_asked(tsh_sync, service, word):
    ended = tsh_sync("runs", word, "ab12", "--json")

    assert ended.code == 0
    assert (word, "ab12") in service.asked
    assert ended.document == {"run_id": "ab12", "entity": "products", "asked": word}


def test_a_run_at_its_end_cannot_be_cancelled(tsh_sync, service):
    ended = tsh_sync("runs", "cancel", "ab34")

    assert ended.code == 2
    assert "this run of Invoices has ended (failed)" in ended.err
    assert "tsh-sync runs list" in ended.err
    assert service.asked == []
