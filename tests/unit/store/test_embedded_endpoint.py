"""Where a server is reached: every form means the same to every library."""

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from tsh_sync_gui.store.embedded.endpoint import Endpoint, is_usable, passfile_line, read_password

PATHS = [
    "/home/sara/tsh/passfile",
    "/srv/a b/بيانات الشركة/passfile",
    "/srv/50%+1&2?=#/passfile",
    "C:\\Users\\علي\\passfile",
]


def at(passfile: str) -> Endpoint:
    return Endpoint("127.0.0.1", 15777, "app", "tsh", Path(passfile))


@pytest.mark.parametrize("path", PATHS)
def test_libpq_reads_the_same_from_both_of_its_forms(path):
    endpoint = at(path)

    expected = {"host": "127.0.0.1", "port": "15777", "user": "app", "dbname": "tsh", "passfile": path}

    assert conninfo_to_dict(endpoint.conninfo) == expected
    assert conninfo_to_dict(endpoint.uri) == expected


@pytest.mark.parametrize("path", PATHS)
def test_sqlalchemy_reads_the_passfile_unchanged(path):
    url = make_url(at(path).sqlalchemy_url)

    assert url.drivername == "postgresql+psycopg"
    assert (url.host, url.port, url.username, url.database, url.password) == ("127.0.0.1", 15777, "app", "tsh", None)
    assert url.query["passfile"] == path


@pytest.mark.parametrize("password", ["plain", "with:colon", "back\\slash", "\\:\\\\::", "كلمة"])
def test_a_password_survives_the_passfile(tmp_path, password):
    file = tmp_path / "passfile"

    file.write_text(passfile_line(password, host="127.0.0.1", user="app"), encoding="utf-8")

    assert read_password(file) == password
    assert at(str(file)).password() == password


@pytest.mark.parametrize("text", ["", "\n", "nonsense", "a:b:c", "127.0.0.1:*:*:app:\n"])
def test_a_damaged_passfile_holds_no_password(tmp_path, text):
    file = tmp_path / "passfile"
    file.write_text(text)

    assert not is_usable(file)
    assert not is_usable(tmp_path / "missing")
