"""`tsh-sync simulate`: the options of the sign-in side."""

import json
import subprocess
import sys

import httpx
import pytest

PROGRAM = "import sys; from tsh_sync_gui.cli.app import main; sys.exit(main())"
BACK = "http://localhost:8976/callback"


def served(*arguments):
    """Start the command; return the process and the document it prints first."""
    small = ("--port", "0", "--items", "3", "--customers", "3", "--orders", "3", "--invoices", "3", "--json")
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "simulate", *small, *arguments], stdout=subprocess.PIPE, text=True
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
