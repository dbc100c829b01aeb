"""Takes secrets from a person or a pipe; never from the command line, which every user of the machine can read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from tsh_sync_gui.core.errors import ConfigurationError, VaultError

if TYPE_CHECKING:
    from tsh_sync_gui.core.settings import Loaded

_TRIES = 3


def ask_secret(words: str, *, confirm: bool = False, otherwise: str = "") -> str:
    """Return what a person types unseen, or the first line of a pipe.

    ConfigurationError when there is nothing; its advice ends with *otherwise*.
    """
    if sys.stdin.isatty():
        text: str = typer.prompt(words, hide_input=True, confirmation_prompt=confirm, err=True)
        return text.strip()
    line = sys.stdin.readline().strip()
    if not line:
        advice = f"Type it at a terminal, or pipe it in as one line. {otherwise}".rstrip()
        raise ConfigurationError(f"Nothing was given for “{words}”", advice=advice)
    return line


def opened(loaded: Loaded, *, tell: bool = True) -> Loaded:
    """Return *loaded* with its secrets: asks at a terminal for a closed file's passphrase.

    Else it says what is closed, unless who called does (*tell* False).
    """
    from tsh_sync_gui.bootstrap.gather import gather
    from tsh_sync_gui.bootstrap.secrets import unlock
    from tsh_sync_gui.core.values import VaultKind

    if loaded.vault is VaultKind.FILE and loaded.vault_problem and sys.stdin.isatty():
        for _ in range(_TRIES):
            try:
                unlock(loaded.home, ask_secret("Passphrase of the file of secrets"))
            except VaultError as error:
                typer.echo(str(error), err=True)
            else:
                return gather(home=loaded.home)
    if loaded.vault_problem and tell:
        typer.echo(f"Secrets are not read: {loaded.vault_problem}", err=True)
    return loaded
