"""Settings in a file, to be taken to another machine: without secrets, or with them sealed by a passphrase."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import tomli_w

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import DECLARED, Loaded, Origin, find, validated
from tsh_sync_gui.vault.private_file import write_private
from tsh_sync_gui.vault.sealed import check_passphrase, new_header, seal, unseal

_FORMAT: Final = "tsh-sync settings 1"
_LARGEST: Final = 1_000_000
_PLACE: Final = "vault"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """An exported file as read: its values by field, checked, and its secrets as far as they are still sealed."""

    path: Path
    values: dict[str, str]
    sealed: bytes = field(default=b"", repr=False)

    def secrets(self, passphrase: str) -> dict[str, str]:
        """Return the secrets by field; VaultLockedError for another passphrase."""
        if not self.sealed:
            return {}
        opened = unseal(self.sealed, passphrase, what=f"the secrets in {self.path.name}")[1]
        found = {one.field: opened[one.field] for one in DECLARED if one.field in opened and one.scope == "secret"}
        validated(found)
        return found


def export_settings(loaded: Loaded, path: Path, *, passphrase: str = "") -> int:
    """Write to *path* what is not the default, and return how many settings; with *passphrase* secrets too, sealed."""
    # Where secrets rest is a matter of the machine: the next one may have another place for them.
    chosen = [one for one in DECLARED if loaded.origins[one.field] is not Origin.DEFAULT and one.field != _PLACE]
    plain = {one.variable: loaded.text(one.field) for one in chosen if one.scope != "secret"}
    document: dict[str, object] = {"format": _FORMAT, "settings": plain}
    secret = {one.field: text for one in chosen if one.scope == "secret" and (text := loaded.text(one.field))}
    if passphrase:
        check_passphrase(passphrase)
        document["secrets"] = seal(secret, passphrase, header=new_header(), what="the export").decode()
    try:
        write_private(path, tomli_w.dumps(document, multiline_strings=True).encode())
    except OSError as error:
        raise ConfigurationError(
            f"The file {path} cannot be written", advice="Choose a folder that you may write to.", cause=str(error)
        ) from error
    return len(plain) + (len(secret) if passphrase else 0)


def read_settings(path: Path) -> SettingsFile:
    """Return an exported file, checked as a whole; ConfigurationError names what is wrong. Nothing is changed."""
    document = _document(path)
    given = document.get("settings")
    sealed = document.get("secrets", "")
    if document.get("format") != _FORMAT or not isinstance(given, Mapping) or not isinstance(sealed, str):
        raise ConfigurationError(
            f"The file {path} holds no exported settings",
            advice="Choose a file that `tsh-sync config export` wrote; a .env is taken over by `tsh-sync auth"
            " import-env`.",
        )
    values: dict[str, str] = {}
    for name, text in given.items():
        one = find(str(name))
        if one.scope == "secret" or not isinstance(text, str):
            raise ConfigurationError(
                f"The file {path} holds {one.variable} in a form it may not have",
                advice="Export the settings again: secrets are sealed, all others are texts.",
            )
        validated({one.field: text})
        values[one.field] = text
    return SettingsFile(path=path, values=values, sealed=sealed.encode())


def _document(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigurationError(f"The file {path} is too large for settings", advice="Choose another file.")
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"There is no file {path}", advice="Choose an exported file.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(
            f"The file {path} cannot be read as settings",
            advice="Choose a file that `tsh-sync config export` wrote.",
            cause=type(error).__name__,
        ) from None  # a decoder's error may quote the file
