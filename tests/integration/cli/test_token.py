"""Tokens of the HTTP API by the command line."""

from datetime import datetime


def test_a_token_is_made_shown_once_listed_and_revoked(tsh_sync):
    made = tsh_sync("token", "create", "cron", "--json").document
    listed = tsh_sync("token", "list", "--json")
    table = tsh_sync("token", "list").out
    revoked = tsh_sync("token", "revoke", "cron", "--json").document
    again = tsh_sync("token", "revoke", "cron")

    assert made["token"].startswith("tsh_")
    assert made["token"][8:] not in listed.out
    assert [one["name"] for one in listed.document["tokens"]] == ["cron"]
    assert (
        datetime.fromisoformat(listed.document["tokens"][0]["created_at"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        in table
    )
    assert revoked == {"revoked": [made["id"]]}
    assert tsh_sync("token", "list", "--json").document["tokens"][0]["revoked_at"]
    assert again.code == 2


def test_a_token_needs_a_name(tsh_sync):
    assert tsh_sync("token", "create", " ").code == 2
