"""Logging: structlog over stdlib logging, a rotating file, and no secret in either."""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import structlog
from structlog.typing import EventDict

from tsh_sync_gui.core.errors import ConfigurationError

# Access and refresh tokens and codes, the header that carries one, and passwords in addresses.
_TOKEN: Final = re.compile(
    r"\b1000\.[0-9a-f]{8,}\.[0-9a-f]{8,}\b|(?i:Zoho-oauthtoken\s+\S+)|(?<=://)[^/@\s:]+:[^/@\s]+(?=@)"
)
# What is named as a secret in a form, a query, JSON or libpq's own words. A bare `code` is Zoho's number of an error.
_NAMED: Final = re.compile(
    r"(?i)\b(client_secret|refresh_token|access_token|code_verifier|passphrase|(?:ssl)?password|pgpassword)"
    r"(\\?[\"']?\s*[=:]\s*\\?[\"']?)([^\s\"'&,;}\\•]+)"
)
_KEYS: Final = frozenset(
    {"client_secret", "refresh_token", "access_token", "password", "authorization", "code", "code_verifier", "token"}
    | {"passphrase", "webhook_secret"}
)
DOTS: Final = "••••"
_OURS: Final[list[logging.Handler]] = []
_SHORTEST: Final = 6
_CONCEALED: Final[set[str]] = set()


def conceal(secrets: Iterable[str]) -> None:
    """Never write any of *secrets* from now on; those below six characters would hide common words."""
    _CONCEALED.update(secret for secret in secrets if len(secret) >= _SHORTEST)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return *text* with tokens, passwords and all that was concealed as dots; *secrets* are further ones."""
    known = {*_CONCEALED, *(secret for secret in secrets if len(secret) >= _SHORTEST)}
    for secret in sorted(known, key=len, reverse=True):  # the whole before a part of it
        text = text.replace(secret, DOTS)
    return _NAMED.sub(rf"\1\2{DOTS}", _TOKEN.sub(DOTS, text))


def explained(error: BaseException) -> str:
    """Return an error's traceback as it may be shown and kept: without secrets."""
    return redact("".join(traceback.format_exception(error)))


def redacted(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Take the secrets out of a line of the log; a processor of structlog."""
    return {key: DOTS if key.lower() in _KEYS else _cleaned(value) for key, value in event.items()}


def _cleaned(value: Any) -> Any:
    """Return *value* without secrets, as deep as it goes."""
    match value:
        case str():
            return redact(value)
        case bytes():
            return redact(value.decode(errors="replace"))
        case dict():
            return {key: DOTS if str(key).lower() in _KEYS else _cleaned(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_cleaned(one) for one in value]
        case None | bool() | int() | float():
            return value
        case _:
            return redact(repr(value))


class _LogFile(logging.handlers.RotatingFileHandler):
    """The log's file; where it cannot be written any more, that is said once, not at each line."""

    _is_told = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- logging's name
        """Say that the log cannot be written."""
        del record
        if not self._is_told and sys.stderr is not None:
            self._is_told = True
            sys.stderr.write(f"The log {self.baseFilename} cannot be written: {sys.exc_info()[1]}\n")


def configure(home: Path | None, *, debug: bool = False, stderr: bool = False) -> None:
    """Log to TSH_HOME/logs/tsh-sync.log (5 files of 2 MB) and, when asked, to stderr."""
    level = logging.DEBUG if debug else logging.INFO
    handlers: list[logging.Handler] = []
    if home is not None:
        folder = home / "logs"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"TSH_HOME is “{home}”, where no folder can be made",
                advice="Name a folder that you may write to.",
                cause=str(error),
            ) from error
        handlers.append(
            _LogFile(folder / "tsh-sync.log", maxBytes=2_000_000, backupCount=5, encoding="utf-8", delay=True)
        )
    if stderr:
        handlers.append(logging.StreamHandler(sys.stderr))
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redacted,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        processor=structlog.processors.JSONRenderer(ensure_ascii=False), foreign_pre_chain=shared
    )
    root = logging.getLogger()
    while _OURS:
        old = _OURS.pop()
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        handler.setFormatter(formatter)
        handler.setLevel(level if isinstance(handler, logging.handlers.RotatingFileHandler) else logging.WARNING)
        _OURS.append(handler)
        root.addHandler(handler)
    root.setLevel(level)
    for noisy in ("httpx", "httpcore", "sqlalchemy", "asyncio", "psycopg"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
