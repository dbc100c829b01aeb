"""A `.env` to be taken over: each line is judged, and named by its number."""

import io
import os
from pathlib import Path

import pytest
from dotenv import dotenv_values
from hypothesis import example, given
from hypothesis import strategies as st

from tsh_sync_gui.bootstrap import env_file
from tsh_sync_gui.bootstrap.env_file import _LineError, _parsed, read_env_file
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import DECLARED, load, validated

SEVENTEEN = """# Zoho
ZOHO_CLIENT_ID=1000.ABCDEFGHIJKLMNOPQRSTUVWXYZ0123
export ZOHO_CLIENT_SECRET='0123456789abcdef0123456789abcdef0123456789'
ZOHO_REFRESH_TOKEN="1000.0123456789abcdef.0123456789abcdef"
ZOHO_ORGANIZATION_ID=748369814
ZOHO_API_BASE_URL=https://www.zohoapis.com   # the data centre
ZOHO_ACCOUNTS_URL=https://accounts.zoho.com/
ZOHO_API_VERSION=v3
ZOHO_SYNC_ENABLED=true
ZOHO_WEBHOOK_SECRET=abcDEF123456
ZOHO_RATE_LIMIT_PER_MINUTE=20
ZOHO_BATCH_SIZE=200
TDS_STOCK_SYNC_INTERVAL_MINUTES=30

ZOHO_IMAGE_CACHE_ENABLED=true
ZOHO_IMAGE_CACHE_DIR=/var/images
ZOHO_IMAGE_CDN_URL=https://cdn.example.com
ZOHO_DEBUG=false
ZOHO_LOG_API_CALLS=false
"""


@pytest.fixture
def read(tmp_path):
    def reading(text):
        (tmp_path / ".env").write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_env_file(tmp_path / ".env")

    return reading


def test_all_variables_of_an_existing_set_up_are_taken(read):
    file = read(SEVENTEEN)

    assert file.problems == ()
    assert len(file.values) == 17
    assert file.values["accounts_url"] == "https://accounts.zoho.com/"
    assert file.values["api_base_url"] == "https://www.zohoapis.com"
    assert file.lines[1].number == 3


def test_secrets_are_shown_as_dots_only(read):
    file = read(SEVENTEEN)

    assert "0123456789abcdef0" not in repr(file)
    assert file.lines[1].shown == "••••6789"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ZOHO_CLIENT_ID 1000.X", "no “=”"),
        ("=geheim", "no variable's name"),
        ("ZOHO CLIENT=geheim", "no variable's name"),
        ("ZOHO_CLIENT_SECRET='geheim", "not closed"),
        ("ZOHO_CLIENT_SECRET='ge'heim", "follows the closing quote"),
        ("ZOHO_CLIENT_SECRT=geheim", "ZOHO_CLIENT_SECRET is meant?"),
        ("zoho_client_secret=geheim", "ZOHO_CLIENT_SECRET is meant?"),
        ("SMTP_PASSWORD=geheim", "SMTP_PASSWORD is not a variable of this program"),
        ("ZOHO_CLIENT_SECRET=${OTHER}geheim", "refers to another variable"),
        ("TSH_HOME=/geheim", "environment only"),
        ("TSH_SECRET_KEY=geheim", "not kept"),
        ("TSH_VAULT=geheim", "not taken over"),
        ("ZOHO_WEBHOOK_SECRET=geheim", "12 to 50 letters and digits"),
        ("TSH_DATABASE_URL=postgresql://u:geheim@host:99999/x", "1 to 65,535"),
    ],
)
def test_a_bad_line_is_named_by_number_and_words_and_never_quoted(read, line, words):
    file = read(f"# first\n\n{line}\nZOHO_DAILY_LIMIT=900\n")

    (problem,) = file.problems
    assert problem.number == 3
    assert words in problem.problem
    assert "geheim" not in repr(file)
    assert file.values == {"per_day": "900"}


@pytest.mark.parametrize(
    "one", [one for one in DECLARED if one.range and one.field != "vault"], ids=lambda one: one.variable
)
def test_a_value_out_of_range_names_variable_value_and_range(read, one):
    (problem,) = read(f"{one.variable}=§").problems

    assert one.variable in problem.problem
    assert one.range in problem.problem
    assert one.is_secret or "“§”" in problem.problem


def test_of_two_lines_for_one_variable_the_later_counts(read):
    file = read("ZOHO_DAILY_LIMIT=1\nZOHO_DAILY_LIMIT=2\nZOHO_DAILY_LIMIT=many")

    words = "given again on line {}, which counts"
    assert [line.problem for line in file.lines[:2]] == [words.format(2), words.format(3)]
    assert file.values == {}


def test_windows_files_are_read(read):
    assert read(b"\xef\xbb\xbfZOHO_DAILY_LIMIT=900\r\nZOHO_BATCH_SIZE=100\r\n").values == {
        "per_day": "900",
        "batch_size": "100",
    }


def test_an_empty_value_is_no_value_and_no_problem(read):
    file = read("ZOHO_CLIENT_ID=\nZOHO_CLIENT_SECRET=''\nZOHO_DAILY_LIMIT= # later\n")

    assert (file.values, file.problems) == ({}, ())


@pytest.mark.parametrize("content", ["ZOHO_DAILY_LIMIT=9\n".encode("utf-16"), b"\xff\xfe\x00geheim"])
def test_a_file_that_is_no_text_is_named(read, content):
    with pytest.raises(ConfigurationError, match=r"\.env is not UTF-8"):
        read(content)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="no file"):
        read_env_file(tmp_path / ".env")


@example("#secret")
@example(" #remark")
@example("value#part #remark")
@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=30))
def test_what_we_take_is_what_dotenv_takes(text):
    line = f"A={text}"
    try:
        ours = _parsed(line)
    except _LineError:
        return

    theirs = dotenv_values(stream=io.StringIO(line), interpolate=False)

    assert ours is not None
    assert theirs.get("A") == ours[1]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a file that never ends")
def test_a_file_that_never_ends_is_too_large():
    with pytest.raises(ConfigurationError, match="too large"):
        read_env_file(Path("/dev/zero"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes among files are POSIX's own")
def test_a_pipe_that_brings_nothing_is_not_waited_for_and_one_that_does_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(env_file, "_PIPE_SECONDS", 0.1)
    pipe = tmp_path / ".env"
    os.mkfifo(pipe)
    with pytest.raises(ConfigurationError, match="brings nothing"):
        read_env_file(pipe)
    writer = os.open(pipe, os.O_RDWR)
    with pytest.raises(ConfigurationError, match="brings nothing"):
        read_env_file(pipe)
    with pytest.raises(ConfigurationError, match="is a pipe"):
        load(home=tmp_path)
    os.write(writer, b"ZOHO_CLIENT_ID=1000.X\n")
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.close(writer)

    found = read_env_file(Path(f"/dev/fd/{handle}")) if Path("/dev/fd").exists() else read_env_file(pipe)

    os.close(handle)
    assert found.values == {"client_id": "1000.X"}


@pytest.mark.parametrize("field", ["client_id", "client_secret", "refresh_token"])
def test_a_credential_that_is_a_whole_file_is_refused_without_being_quoted(field):
    with pytest.raises(ConfigurationError) as caught:
        validated({field: "x1y2" * 200})

    assert caught.value.advice == "Allowed: up to 500 characters."
    assert len(caught.value.title) < 80
