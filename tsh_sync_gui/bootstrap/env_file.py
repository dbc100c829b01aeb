"""Reads a `.env` that is to be taken over, line by line: what is good, and what is wrong with the rest."""

from __future__ import annotations

import difflib
import os
import re
import select
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from tsh_sync_gui.bootstrap.setup.values import EnvFile, EnvLine
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import BY_NAME, DECLARED, validated

LARGEST: Final = 1_000_000
_PIPE_SECONDS: Final = 10.0
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_NEW_LINE: Final = re.compile(r"\r\n|\n|\r")
_EXPORT: Final = re.compile(r"export\s+")
_COMMENT: Final = re.compile(r"\s+#.*\Z")
_REFERENCE: Final = re.compile(r"\$\{[^}]*\}")
_NOT_TAKEN: Final[Mapping[str, str]] = {
    "TSH_HOME": "says where this program's folder is: it counts in the environment only",
    "TSH_VAULT": "is not taken over: `tsh-sync config vault` says where secrets rest",
    "TSH_SECRET_KEY": "opens the file of secrets, so it is not kept: set it in the environment",
}


class _LineError(Exception):
    """What is wrong with a line, in words that quote nothing of it: it may be a secret."""


def read_env_file(path: Path) -> EnvFile:
    """Return *path* as read; ConfigurationError when it is no text file. Nothing is changed.

    Lines are read as by python-dotenv, except that a value ends with its line and `${…}` is not filled in.
    """
    lines: list[EnvLine] = []
    values: dict[str, str] = {}
    places: dict[str, int] = {}
    for number, text in enumerate(_NEW_LINE.split(_text(path)), start=1):
        try:
            found = _parsed(text)
        except _LineError as error:
            lines.append(EnvLine(number=number, problem=str(error)))
            continue
        if found is None:
            continue
        line, value = _judged(number, *found)
        if line.variable in places:
            before = places[line.variable]
            lines[before] = replace(lines[before], problem=f"given again on line {number}, which counts")
            values.pop(BY_NAME[line.variable].field, None)
        if line.variable in BY_NAME:
            places[line.variable] = len(lines)
        if value and not line.problem:
            values[BY_NAME[line.variable].field] = value
        lines.append(line)
    return EnvFile(path=path, lines=tuple(lines), values=values)


def _text(path: Path) -> str:
    try:
        text = _piped(path) if path.is_fifo() else _read(path)
        if len(text) > LARGEST:
            raise ConfigurationError(f"The file {path} is too large for a .env", advice="Choose another file.")
        return text.decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(f"There is no file {path}", advice="Choose the .env file to import.") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"The file {path} is not UTF-8 text", advice="Save it as UTF-8, then import it again.", cause=error.reason
        ) from None  # the error holds the file's content
    except OSError as error:
        raise ConfigurationError(
            f"The file {path} cannot be read", advice="Choose a file that you may read.", cause=str(error)
        ) from error


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)  # a device tells no size, and may never end


def _piped(path: Path) -> bytes:
    """Read a pipe, as a shell's `<(…)` makes one; ConfigurationError where nothing comes: it must not be waited for."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # pipes among files are POSIX's own
    try:
        text, until = b"", time.monotonic() + _PIPE_SECONDS
        while len(text) <= LARGEST:
            try:
                piece = os.read(handle, LARGEST + 1 - len(text))
            except BlockingIOError:  # somebody may write yet
                if not select.select([handle], [], [], max(0.0, until - time.monotonic()))[0]:
                    break
                continue
            if not piece and text:
                return text
            if not piece:
                break
            text += piece
        if len(text) > LARGEST:
            return text
    finally:
        os.close(handle)
    raise ConfigurationError(f"The pipe {path} brings nothing", advice="Choose a file, or write into the pipe first.")


def _parsed(text: str) -> tuple[str, str] | None:
    """Return name and value of a line, None for an empty one or a comment."""
    text = text.strip()
    if not text or text.startswith("#"):
        return None
    text = _EXPORT.sub("", text, count=1) if _EXPORT.match(text) else text
    name, equals, value = text.partition("=")
    if not equals:
        raise _LineError("no “=”: write NAME=value")
    name = name.strip().strip("'")
    if not _NAME.fullmatch(name):
        raise _LineError("what stands before “=” is no variable's name")
    return name, _value(value)


def _value(text: str) -> str:
    if text.strip()[:1] not in {"'", '"'}:
        return _COMMENT.sub("", text).strip()  # a # directly behind the = is the value's own
    text = text.strip()
    quote = text[0]
    quoted = re.match(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}", text)
    if quoted is None:
        raise _LineError(f"the quote {quote} is not closed on this line")
    after = text[quoted.end() :].strip()
    if after and not after.startswith("#"):
        raise _LineError("something follows the closing quote")
    return _unescaped(quoted[1], quote)


def _unescaped(text: str, quote: str) -> str:
    if quote == "'":
        return re.sub(r"\\([\\'])", r"\1", text)
    known = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
    return re.sub(r"\\([\\'\"abfnrtv])", lambda found: known.get(found[1], found[1]), text)


def _judged(number: int, name: str, value: str) -> tuple[EnvLine, str]:
    if name in _NOT_TAKEN:
        return EnvLine(number=number, variable=name, problem=_NOT_TAKEN[name]), ""
    one = BY_NAME.get(name)
    if one is None or one.variable != name:
        near = difflib.get_close_matches(name.upper(), [each.variable for each in DECLARED], n=1, cutoff=0.8)
        hint = f"; {near[0]} is meant?" if near else ""
        return EnvLine(number=number, variable=name, problem=f"{name} is not a variable of this program{hint}"), ""
    line = EnvLine(number=number, variable=name, shown=one.shown(value))
    if _REFERENCE.search(value):
        return replace(line, shown="", problem=f"{name} refers to another variable by ${{…}}: write its value"), ""
    if value:
        try:
            validated({one.field: value})
        except ConfigurationError as error:
            return replace(line, problem=str(error)), ""
    return line, value
