"""`tsh-sync simulate`: the options of the sign-in side."""

import hmac
import json
import os
import subprocess
import sys

import httpx
import pytest

from tests.unit.simulator.webhook_receiver import Receiver, until

PROGRAM = "import sys; from tsh_sync_gui.cli.app import main; sys.exit(main())"
BACK = "http://localhost:8976/callback"


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def served(*arguments, **environment):
    """Start the command; return the process and the document it prints first."""
    small = ("--port", "0", "--items", "3", "--customers", "3", "--orders", "3", "--invoices", "3", "--json")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "simulate", *small, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    assert process.stdout is not None
    text = ""
    for line in process.stdout:
        text += line
        if line.startswith("}"):
            break
    return process, json.loads(text)


def test_the_options_of_sign_in_reach_the_simulator():
    process, told = served("--region", "eu", "--organizations", "3", "--redirect", BACK, "--client-type", "mobile")
    try:
        state = httpx.get(f"{told['url']}/__sim/oauth").json()
        config = httpx.get(f"{told['url']}/__sim/config").json()
    finally:
        process.kill()
        process.communicate()

    assert told["accounts_url"] == told["api_url"] == f"{told['url']}/dc/eu" == state["accounts_server"]
    assert (state["region"], state["redirect_uris"], state["client_type"]) == ("eu", [BACK], "mobile")
    assert config["organizations"] == 3


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("--region", "mars", "--region must be one of us, eu"), ("--client-type", "self", "--client-type must be one of")],
)
def test_a_value_that_is_none_is_refused_by_the_options_name(tsh_sync, option, value, words):
    ended = tsh_sync("simulate", option, value, "--json")

    assert ended.code == 2
    assert words in ended.document["error"]["title"]


def test_webhooks_are_signed_with_a_secret_that_is_no_argument(receiver):
    address = f"{receiver.url}/in"
    process, told = served(
        *("--webhook", address, "--webhook-form", "event", "--webhook-secret-env", "HOOK_SECRET"),
        HOOK_SECRET="abcDEF123456",
    )
    try:
        httpx.post(f"{told['url']}/__sim/change?entity=items")
        until(lambda: receiver.taken)
    finally:
        process.kill()
        process.communicate()

    taken = receiver.taken[0]
    expected = hmac.new(b"abcDEF123456", taken.body, "sha256").hexdigest()
    assert (taken.path, json.loads(taken.body)["event_type"]) == ("/in", "item_updated")
    assert taken.headers["x-zoho-webhook-signature"] == expected


def test_a_secret_can_be_sent_in_a_header_and_come_from_a_file(receiver, tmp_path):
    (tmp_path / "secret").write_text("abcDEF123456\n", encoding="utf-8")
    process, told = served(
        *("--webhook", receiver.url, "--webhook-secret-file", str(tmp_path / "secret")),
        *("--webhook-secret-header", "X-Key"),
    )
    try:
        httpx.post(f"{told['url']}/__sim/change?entity=contacts")
        until(lambda: receiver.taken)
    finally:
        process.kill()
        process.communicate()

    assert receiver.taken[0].headers["x-key"] == "abcDEF123456"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--webhook", "https://example.com/in"), "sends only to this machine"),
        (("--webhook", "http://127.0.0.1:1", "--webhook-form", "xml"), "form must be one of default"),
        (("--webhook-secret-env", "NO_SUCH_VARIABLE"), "secret is empty"),
        (("--webhook-secret-file", "/no/such/file"), "--webhook-secret-file cannot be read"),
        (("--webhook-secret-file", "x", "--webhook-secret-env", "Y"), "exclude each other"),
    ],
)
def test_webhook_options_that_cannot_be_are_refused_in_words(tsh_sync, arguments, words):
    ended = tsh_sync("simulate", *arguments, "--json")

    assert ended.code == 2
    assert words in ended.document["error"]["title"]
