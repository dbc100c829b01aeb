"""Where a server is reached, in the forms psql, libpq, psycopg and SQLAlchemy take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from psycopg.conninfo import make_conninfo

HOST = "127.0.0.1"
USER = "app"
DATABASE = "tsh"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One database of an embedded server; the password stays in its passfile."""

    host: str
    port: int
    user: str
    dbname: str
    passfile: Path

    @property
    def conninfo(self) -> str:
        """The key=value string of libpq."""
        return make_conninfo(
            host=self.host, port=self.port, user=self.user, dbname=self.dbname, passfile=str(self.passfile)
        )

    @property
    def uri(self) -> str:
        """The address that psql and every libpq program takes."""
        return f"postgresql://{self._location}?passfile={_escaped(self.passfile)}"

    @property
    def sqlalchemy_url(self) -> str:
        """The address for SQLAlchemy with psycopg.

        It names what PGSSLMODE, PGHOSTADDR and the like would otherwise change.
        """
        fixed = f"hostaddr={self.host}&sslmode=disable&gssencmode=disable&channel_binding=disable"
        return f"postgresql+psycopg://{self._location}?passfile={_escaped(self.passfile)}&{fixed}"

    @property
    def _location(self) -> str:
        return f"{quote(self.user, safe='')}@{self.host}:{self.port}/{quote(self.dbname, safe='')}"

    def password(self) -> str:
        """Return the password of the passfile, for the one case where PGPASSWORD would win over the file."""
        return read_password(self.passfile)


def _escaped(path: Path) -> str:
    # libpq decodes %XX and leaves + alone, SQLAlchemy decodes both: with both escaped they agree.
    return quote(str(path), safe="/:")


def passfile_line(password: str, *, host: str = "*", user: str = "*") -> str:
    """Return a line of libpq's .pgpass format, for every port and database."""
    return f"{_guarded(host)}:*:*:{_guarded(user)}:{_guarded(password)}\n"


def read_password(passfile: Path) -> str:
    """Return the password of the first line of *passfile*, "" where the file is none of ours."""
    text = passfile.read_text(encoding="utf-8", errors="replace")
    fields = _fields(text.partition("\n")[0].rstrip("\r"))
    return fields[4] if len(fields) == 5 else ""


def _guarded(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _fields(line: str) -> list[str]:
    fields = [""]
    characters = iter(line)
    for character in characters:
        if character == "\\":
            fields[-1] += next(characters, "")
        elif character == ":":
            fields.append("")
        else:
            fields[-1] += character
    return fields


def is_usable(passfile: Path) -> bool:
    """Tell whether *passfile* holds a password."""
    return passfile.is_file() and bool(read_password(passfile))
