"""Nothing secret is written: neither what is known as a secret, nor what looks like one."""

import json
import logging

import pytest
import structlog

from tsh_sync_gui.core import log

TOKEN = "1000.0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _own_secrets(monkeypatch):
    monkeypatch.setattr(log, "_CONCEALED", set())
    yield
    log.configure(None)


@pytest.fixture
def written(tmp_path):
    log.configure(tmp_path, debug=True)

    def read():
        for handler in logging.getLogger().handlers:
            handler.flush()
        return (tmp_path / "logs" / "tsh-sync.log").read_text(encoding="utf-8")

    return read


@pytest.mark.parametrize(
    "text",
    [
        f"refused {TOKEN}",
        f"Authorization: Zoho-oauthtoken {TOKEN}",
        "postgresql://sara:marked-geheim@db/tsh",
        "host=db password=marked-geheim user=sara",
        "connect failed: password='marked-geheim'",
        '{"client_secret": "marked-geheim", "grant_type": "refresh_token"}',
        "POST /oauth/v2/token?code_verifier=marked-geheim&client_id=1000.X",
        r'{"answer": "{\"refresh_token\":\"marked-geheim\"}"}',
    ],
)
def test_what_looks_like_a_secret_becomes_dots(text):
    shown = log.redact(text)

    assert "marked" not in shown
    assert "0123456789abcdef" not in shown
    assert "••••" in shown


@pytest.mark.parametrize("text", ["code 45: daily limit", '{"code": 57, "message": "no"}', "12,500 records, 14 calls"])
def test_what_is_no_secret_stays(text):
    assert log.redact(text) == text


def test_known_secrets_are_found_anywhere_and_short_ones_hide_no_words():
    log.conceal(["hunter2-and-more", "hunter2", "abc", ""])

    assert log.redact("the hunter2-and-more and hunter2, abc") == "the •••• and ••••, abc"


def test_a_log_line_has_no_secret_however_deep_it_lies(written):
    log.conceal(["hunter2-and-more"])
    logger = structlog.get_logger("here")

    logger.warning("one hunter2-and-more", deep={"a": [("hunter2-and-more",)]}, token="x", raw=b"hunter2-and-more")
    logger.warning("two", thing=ValueError("hunter2-and-more"), client_secret="short")
    logging.getLogger("foreign").error("three %s", "hunter2-and-more")
    try:
        int("hunter2-and-more")
    except ValueError:
        logger.exception("four")

    text = written()
    lines = [json.loads(line) for line in text.splitlines()]
    assert "hunter2" not in text
    assert [line["event"] for line in lines] == ["one ••••", "two", "three ••••", "four"]
    assert lines[1]["client_secret"] == "••••"
    assert "ValueError" in lines[3]["exception"]


def test_a_traceback_is_told_without_secrets():
    log.conceal(["hunter2-and-more"])

    told = log.explained(ValueError("hunter2-and-more"))

    assert told == "ValueError: ••••\n"


def test_a_log_that_cannot_be_written_is_told_once(tmp_path, capsys):
    log.configure(tmp_path)
    (tmp_path / "logs" / "tsh-sync.log").mkdir()

    for number in range(3):
        structlog.get_logger("here").warning("one", number=number)

    (line,) = capsys.readouterr().err.splitlines()
    assert "tsh-sync.log cannot be written" in line
