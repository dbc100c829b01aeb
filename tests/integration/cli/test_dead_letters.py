"""`tsh-sync dead-letters` on a real database and a simulated Zoho whose customers are bad in three ways."""

import csv
import json

import httpx
import pytest

PATH = "*/contacts*"


@pytest.fixture
def faults(zoho):
    """Set the simulator's faults."""

    def set_rules(*rules):
        httpx.post(f"{zoho.url}/__sim/faults", json={"rules": list(rules)}).raise_for_status()

    return set_rules


def told(ended, code=0):
    assert ended.code == code, ended.out + ended.err
    return ended.document


def test_three_causes_are_grouped_and_mended_by_edit_by_careful_retry_and_by_a_later_sync(tsh_sync, faults, tmp_path):
    def letters(*arguments):
        return told(tsh_sync("dead-letters", "list", *arguments, "--limit", "1000", "--json"))["letters"]

    def groups():
        found = told(tsh_sync("dead-letters", "groups", "--json"))["groups"]
        return {(one["field"], one["count"]) for one in found}

    faults({"path": PATH, "kind": "three_causes"})
    told(tsh_sync("sync", "customers", "--details", "none", "--json"), 3)

    bad = letters()
    by_field = {field: [one for one in bad if one["field"] == field] for field in {one["field"] for one in bad}}
    assert set(by_field) == {"outstanding_receivable_amount", "created_time", "contact_name"}
    assert groups() == {(field, len(ones)) for field, ones in by_field.items()}
    assert {one["entity"] for one in bad} == {"customers"}
    assert all(one["label"] for one in by_field["created_time"])

    # By edit: exactly the one; what is wrong is told before anything is done.
    letter = by_field["contact_name"][0]
    opened = told(tsh_sync("dead-letters", "show", letter["id"], "--json"))
    edited = tmp_path / "edited.json"
    edited.write_text(opened["text"].replace('"contact_name": ""', '"contact_name": "شركة"'), encoding="utf-8")
    still = told(
        tsh_sync("dead-letters", "edit", letter["id"], "--file", _written(tmp_path, opened["text"]), "--json"), 2
    )
    assert "needs a name" in still["faults"][0]["reason"]
    mended = told(tsh_sync("dead-letters", "edit", letter["id"], "--file", str(edited), "--json"))
    assert (mended["mended"], mended["letter"]["state"]) == (True, "resolved")
    again = told(tsh_sync("dead-letters", "edit", letter["id"], "--file", str(edited), "--json"), 2)
    assert "resolved already" in again["error"]["title"]
    opened = told(tsh_sync("dead-letters", "show", letter["id"], "--json"))
    assert [(one["deed"], one["words"]) for one in opened["history"]] == [("edit", "succeeded")]
    assert json.loads(opened["sides"]["ours"])["name"] == "شركة"
    assert opened["sides"]["zoho_row"]
    assert '"contact_name": ""' in opened["text"]

    # By careful retry: as long as Zoho sends the same it stops at the first, and afterwards all go through.
    amounts = by_field["outstanding_receivable_amount"]
    stopped = told(tsh_sync("dead-letters", "retry", "--all", "--cause", "outstanding", "--careful", "--json"), 1)
    assert (stopped["state"], stopped["done"], stopped["failed"], stopped["calls"]) == ("stopped", 1, 1, 1)
    assert "the same again" in stopped["words"]
    faults()
    done = told(tsh_sync("dead-letters", "retry", "--all", "--cause", "outstanding", "--careful", "--json"))
    assert (done["state"], done["succeeded"], done["total"]) == ("done", len(amounts), len(amounts))
    opened = told(tsh_sync("dead-letters", "show", amounts[0]["id"], "--json"))
    assert opened["state"] == "resolved"
    assert opened["attempts"][0]["outcome"] == "done"

    # By a later sync: what is left heals by itself, and says by which run.
    assert groups() == {("created_time", len(by_field["created_time"])), *_left(by_field)}
    told(tsh_sync("sync", "customers", "--full", "--details", "none", "--json"))
    assert letters() == []
    run = told(tsh_sync("runs", "list", "--limit", "1", "--json"))["runs"][0]
    opened = told(tsh_sync("dead-letters", "show", by_field["created_time"][0]["id"], "--json"))
    assert (opened["state"], opened["resolved_by"]) == ("resolved", run["run_id"])
    assert len(letters("state:resolved")) == len(bad)


def _left(by_field):
    left = len(by_field["contact_name"]) - 1
    return {("contact_name", left)} if left else set()


def _written(folder, text):
    path = folder / "as_it_was.json"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_letters_are_put_away_handed_over_and_written_to_files(tsh_sync, faults, tmp_path):
    faults({"path": PATH, "kind": "three_causes"})
    told(tsh_sync("sync", "customers", "--details", "none", "--json"), 3)
    number = told(tsh_sync("dead-letters", "list", "--new", "--limit", "1000", "--json"))["total"]
    assert number > 3

    # New since I looked.
    assert told(tsh_sync("dead-letters", "list", "--new", "--json"))["total"] == 0
    first, second = (one["id"] for one in told(tsh_sync("dead-letters", "list", "--limit", "2", "--json"))["letters"])
    assert told(tsh_sync("dead-letters", "assign", first, "--to", "sara", "--json")) == {"assigned": 1}
    assert told(tsh_sync("dead-letters", "note", first, "--text", "asked the customer", "--json")) == {"noted": 1}
    assert told(tsh_sync("dead-letters", "snooze", first, "--until", "2h", "--json")) == {"snoozed": 1}
    assert told(tsh_sync("dead-letters", "discard", second, "--reason", "closed", "--json")) == {"discarded": 1}
    assert told(tsh_sync("dead-letters", "list", "--json"))["total"] == number - 2
    assert told(tsh_sync("dead-letters", "list", "assignee:sara", "is:snoozed", "--json"))["total"] == 1
    assert told(tsh_sync("dead-letters", "restore", "--all", "--entity", "contacts", "--json")) == {"restored": 1}
    assert told(tsh_sync("dead-letters", "snooze", "--all", "--entity", "customers", "--until", "now", "--json")) == {
        "shown_again": 1
    }

    for name in ("letters.csv", "letters.json", "letters.xlsx"):
        assert told(tsh_sync("dead-letters", "export", str(tmp_path / name), "--json"))["rows"] == number
    rows = list(csv.DictReader((tmp_path / "letters.csv").open(encoding="utf-8-sig")))
    assert {row["Entity"] for row in rows} == {"customers"}
    assert (tmp_path / "letters.xlsx").read_bytes().startswith(b"PK")
    assert "asked the customer" in tsh_sync("dead-letters", "show", first).out
    assert "Letter" in tsh_sync("dead-letters", "list").out
    assert "Zoho" in tsh_sync("dead-letters", "groups").out
    assert "No dead letter matches." in tsh_sync("dead-letters", "list", "nowhere").out


def test_what_cannot_be_meant_is_told_and_nothing_is_done(tsh_sync):
    for arguments, words in {
        ("list", "state:opn"): "no state “opn”",
        ("list", "--entity", "clouds"): "clouds",
        ("show", "7"): "no dead letter “7”",
        ("retry",): "Which letters?",
        ("retry", "abc"): "no letter's number",
        ("retry", "7", "--all"): "named and searched",
        ("retry", "--all"): "nothing to retry",
        ("discard", "--all", "--reason", " "): "reason is wanted",
        ("edit", "7", "--file", "/no/such/file"): "cannot be read",
        ("snooze", "7", "--until", "soon"): "soon",
        ("export", "letters.doc"): "no table",
        ("works", "9"): "no retry",
    }.items():
        ended = tsh_sync("dead-letters", *arguments, "--json")
        assert ended.code == 2, (arguments, ended.out, ended.err)
        assert words in ended.document["error"]["title"], arguments
    assert tsh_sync("dead-letters", "discard", "7", "--reason", "gone", "--json").code == 1
    assert tsh_sync("dead-letters", "works", "--json").document == {"works": []}
