"""Where a command's words and documents go: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tsh_sync_gui.core.errors import SyncError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_WIDE = 160


@dataclass(frozen=True)
class Output:
    """The two streams of one command; with *as_json* stdout carries one JSON document and nothing else."""

    as_json: bool = False

    @cached_property
    def results(self) -> Console:
        """The console of what was asked for."""
        return _console(stderr=False)

    @cached_property
    def asides(self) -> Console:
        """The console of progress, warnings and errors."""
        return _console(stderr=True)

    def document(self, document: Mapping[str, Any]) -> None:
        """Print *document* as the command's one JSON document."""
        sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        sys.stdout.flush()

    def show(self, *renderables: RenderableType, markup: bool = True) -> None:
        """Print results for a person; *markup* False for text that is not ours."""
        self.results.print(*renderables, highlight=False, markup=markup, soft_wrap=True)

    def aside(self, text: str) -> None:
        """Print words that are not the result."""
        self.asides.print(text, highlight=False, markup=False, soft_wrap=True)

    def problem(self, error: SyncError) -> None:
        """Print an error: words for a person, and with --json the document."""
        from tsh_sync_gui.core.log import redact  # --help needs none of it

        self.failure(kind=error.kind, title=redact(error.title), advice=redact(error.advice))

    def failure(self, *, kind: str, title: str, advice: str = "") -> None:
        """Print what went wrong and what to do."""
        if self.as_json:
            self.document({"error": {"kind": kind, "title": title, "advice": advice}})
        self.aside(f"{title}." if title[-1:].isalnum() or title[-1:] in "”)" else title)
        if advice:
            self.aside(advice)


def _console(*, stderr: bool) -> Console:
    # Rich costs 30 ms and more; a command that prints JSON has no use for it.
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    # A file or a pipe has no width of its own; a table must not be folded to that of an imagined terminal.
    return Console(stderr=stderr, width=None if stream.isatty() or "COLUMNS" in os.environ else _WIDE)


def use_utf8() -> None:
    """Let both streams take any text: names are Arabic too, and a pipe on Windows would refuse them."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace") if stream.isatty() else reconfigure(encoding="utf-8", errors="replace")
