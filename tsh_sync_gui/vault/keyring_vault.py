"""The operating system's keychain, through keyring.

All secrets of a home are one JSON document: the keychain is asked once, and a change is whole or not there. What is
longer than a keychain's entry may be (Windows holds 1,280 characters) is cut into pieces. The head names the pieces by
their generation, and is written after them; so readers see the old document or the new one, never a mixture.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, TypeVar

from pydantic import SecretStr

from tsh_sync_gui.core.errors import NoVaultError, VaultDamagedError, VaultError, VaultLockedError
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.vault.alone import alone, changed
from tsh_sync_gui.vault.patience import Patience

PIECE: Final = 1_000
SERVICE: Final = "TSH Sync"
ID_FILE: Final = "vault.id"
_HEAD: Final = "secrets"
_READS: Final = 3
_VERSION: Final = 1
_HEAD_ROOM: Final = 160

Answer = TypeVar("Answer")


class Keychain(Protocol):
    """A keyring backend, as far as it is used here."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return an entry, None where there is none."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Write an entry."""
        ...

    def delete_password(self, service: str, username: str) -> None:
        """Delete an entry."""
        ...


class KeyringVault:
    """Fulfils `engine.ports.vault.Vault`; entries belong to the home by a random id kept in the home.

    A home that has never kept a secret has no id, and its keychain is never asked.
    """

    kind = VaultKind.KEYCHAIN
    is_writable = True

    def __init__(self, home: Path, keychain: Keychain | None = None, *, seconds: float | None = None) -> None:
        self._home = home
        self._given = keychain
        self._patience = Patience(seconds) if seconds is not None else Patience()

    def read(self) -> Mapping[str, SecretStr]:
        """Return all secrets of this home."""
        service = self._service()
        if not service:
            return {}
        document = self._asked(lambda keychain, _given_up: _read(keychain, service))
        return {name: SecretStr(secret) for name, secret in document.items()}

    def put(self, name: str, secret: str) -> None:
        """Keep *secret* in the keychain."""
        self.change({name: secret})

    def remove(self, name: str) -> None:
        """Forget what is kept under *name*."""
        self.change({name: None})

    def change(self, values: Mapping[str, str | None]) -> None:
        """Keep all *values*, None to forget one; the keychain is asked once."""
        is_forgetting = all(secret is None for secret in values.values())
        with alone(self._home):
            service = self._service()
            if not service and is_forgetting:
                return
            service = service or self._named()

            def work(keychain: Keychain, given_up: threading.Event) -> None:
                # What is damaged is replaced by what is kept now; nothing can be forgotten of it.
                before = _read(keychain, service) if is_forgetting else _known(keychain, service)
                fresh = changed(before, values)
                if fresh != before:
                    _write(keychain, service, fresh, given_up)

            self._asked(work)

    def _service(self) -> str:
        path = self._home / ID_FILE
        try:
            name = path.read_bytes().decode("ascii", "replace").strip()
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise _nameless(path) from error
        if not name.isalnum():  # without a name of its own two homes would share their entries
            raise _nameless(path)
        return f"{SERVICE} {name}"

    def _named(self) -> str:
        """Give this home its name in the keychain."""
        path = self._home / ID_FILE
        fresh = path.with_suffix(".new")
        try:
            with fresh.open("w", encoding="ascii") as file:
                file.write(secrets.token_hex(8))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            raise VaultError(
                f"The file {path} cannot be written",
                advice="Allow your user to write to its folder, and see that the disk has room.",
                cause=type(error).__name__,
            ) from error
        return self._service()

    def _asked(self, question: Callable[[Keychain, threading.Event], Answer]) -> Answer:
        try:
            return self._patience.call(lambda given_up: question(self._given or _system_keychain(), given_up))
        except VaultError:
            raise
        except Exception as error:  # noqa: BLE001 -- each system's keychain raises errors of its own
            raise _told(error) from None  # a foreign error's text and frames may hold what was to be kept


def _nameless(path: Path) -> VaultDamagedError:
    return VaultDamagedError(
        f"The file {path} cannot be read",
        advice="It names this program's entries in the keychain. Bring it back, or delete it and sign in again.",
    )


def has_keychain() -> bool:
    """Tell whether this machine has a real keychain that can be reached from here."""
    try:
        return _priority(_backend()) >= 1
    except Exception:  # noqa: BLE001 -- what looking for a keychain raises where there is none is the system's own
        return False


def _system_keychain() -> Keychain:
    """Return the system's keychain; never one that is none, for those fail or forget."""
    found = _backend()
    if _priority(found) < 1:
        raise _unreachable()
    return found


def _backend() -> Keychain:
    import keyring  # noqa: PLC0415 -- takes 0.1 s, and machines with a vault file need none of it

    return keyring.get_keyring()


def _priority(backend: Keychain) -> float:
    return float(getattr(backend, "priority", 0))


def _unreachable() -> NoVaultError:
    return NoVaultError(
        "There is no keychain that can be reached from here",
        advice="A keychain belongs to a session at the desktop; services and remote shells have none. Run"
        " `tsh-sync config vault file` where it can be reached and set TSH_SECRET_KEY here, or set the secrets in the"
        " environment.",
    )


def _told(error: Exception) -> VaultError:
    from keyring.errors import KeyringLocked, NoKeyringError  # noqa: PLC0415 -- as above

    cause = type(error).__name__
    if isinstance(error, KeyringLocked):
        return VaultLockedError("The keychain is locked", advice="Unlock it, then try again.", cause=cause)
    if isinstance(error, NoKeyringError):
        return _unreachable()
    return VaultError(
        "The keychain refused",
        advice="Try again; if it goes on, run `tsh-sync config vault file` to keep secrets in an encrypted file.",
        cause=cause,
    )


class _Head:
    """The entry that says where the document's pieces are, with the first of them."""

    def __init__(self, text: str) -> None:
        line, _, self.first = text.partition("\n")
        try:
            told = json.loads(line)
            self.version, self.generation, self.pieces, self.digest = (
                int(told["v"]),
                str(told["generation"]),
                int(told["pieces"]),
                str(told["sha256"]),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise _damaged() from error
        if self.version != _VERSION:
            # Not said to be damaged: what is damaged may be replaced, and this must not be.
            raise VaultError(
                f"The entries in the keychain are of version {self.version}, which this program does not know",
                advice="Use the newer version of this program that wrote them.",
            )


def _damaged() -> VaultDamagedError:
    return VaultDamagedError(
        "The secrets in the keychain are not whole",
        advice="Enter them again (`tsh-sync auth login`); what is damaged is then replaced.",
    )


def _piece_name(generation: str, number: int) -> str:
    return f"{_HEAD}.{generation}.{number}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _read(keychain: Keychain, service: str) -> dict[str, str]:
    for _ in range(_READS):  # a writer may replace the pieces between the head and them
        text = keychain.get_password(service, _HEAD)
        if text is None:
            return {}
        head = _Head(text)
        rest = [keychain.get_password(service, _piece_name(head.generation, n)) for n in range(1, head.pieces)]
        document = head.first + "".join(piece or "" for piece in rest)
        if _digest(document) == head.digest:
            return {str(name): str(secret) for name, secret in json.loads(document).items()}
    raise _damaged()


def _known(keychain: Keychain, service: str) -> dict[str, str]:
    """Return what is there, nothing when it is damaged: what is written now replaces it."""
    try:
        return _read(keychain, service)
    except VaultDamagedError:
        return {}


def _write(keychain: Keychain, service: str, document: Mapping[str, str], given_up: threading.Event) -> None:
    """Replace what is there by *document*; once *given_up* is set nothing new stays, for that is what was told."""
    old = keychain.get_password(service, _HEAD)
    if given_up.is_set():
        return
    try:
        before = None if old is None else _Head(old)
    except VaultDamagedError:
        before = None
    # Two generations take turns, so that a program killed in between leaves nothing that piles up.
    generation = "b" if before is not None and before.generation == "a" else "a"
    text = json.dumps(document, separators=(",", ":"))
    room = PIECE - _HEAD_ROOM
    rest = [text[start : start + PIECE] for start in range(room, len(text), PIECE)]
    for number, piece in enumerate(rest, start=1):
        keychain.set_password(service, _piece_name(generation, number), piece)
    head = {"v": _VERSION, "generation": generation, "pieces": len(rest) + 1, "sha256": _digest(text)}
    keychain.set_password(service, _HEAD, json.dumps(head) + "\n" + text[:room])
    if given_up.is_set():  # the keychain was opened too late, by this very entry
        if old is None:
            keychain.delete_password(service, _HEAD)
        else:
            keychain.set_password(service, _HEAD, old)
        return
    for number in range(1, before.pieces if before else 1):
        with suppress(Exception):  # what is left of the old document is overwritten by the change after this one
            keychain.delete_password(service, _piece_name(before.generation if before else "", number))
