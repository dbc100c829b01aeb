"""The encrypted file: for machines without a keychain, made only when a person asks for it.

Two lines: a header in JSON (version, how the key comes of the passphrase), and the secrets, AES-256-GCM, in Base64.
The header is authenticated with them, so that neither can be exchanged. TSH_SECRET_KEY is the passphrase of machines
where nobody can type one.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from pydantic import SecretStr

from tsh_sync_gui.core.errors import ConfigurationError, NoVaultError, VaultDamagedError, VaultError, VaultLockedError
from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.vault.private_file import write_private

NAME: Final = "vault.tsh"
LOCK_FILE: Final = "vault.lock"
SHORTEST: Final = 8
_FORMAT: Final = "tsh-sync vault"
_VERSION: Final = 1
_COST: Final = 2**15
_MOST_COST: Final = 2**20  # 1 GB: a forged header must not eat the machine
_NONCE: Final = 12

_KEYS: dict[tuple[bytes, int, str], bytes] = {}
_KEYS_LOCK: Final = threading.Lock()


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the file is read: the key is scrypt(passphrase, salt, n, r, p)."""

    format: str = _FORMAT
    version: int = _VERSION
    salt: str
    n: int = _COST
    r: int = 8
    p: int = 1

    def key(self, passphrase: str) -> bytes:
        """Return the key; it takes 0.1 s, so this process keeps it."""
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415 -- only where there is a file

        salt = base64.b64decode(self.salt)
        with _KEYS_LOCK:
            known = _KEYS.get((salt, self.n, passphrase))
            if known is None:
                known = Scrypt(salt=salt, length=32, n=self.n, r=self.r, p=self.p).derive(passphrase.encode())
                _KEYS[salt, self.n, passphrase] = known
            return known


class FileVault:
    """Fulfils `engine.ports.vault.Vault` by TSH_HOME/vault.tsh, opened with *passphrase*."""

    kind = VaultKind.FILE
    is_writable = True

    def __init__(self, home: Path, passphrase: str = "") -> None:
        self.path = home / NAME
        self._home = home
        self._passphrase = passphrase

    @property
    def exists(self) -> bool:
        """Tell whether the file was made."""
        return self.path.exists()

    def make(self) -> None:
        """Make the file, empty; ConfigurationError when there is one, or the passphrase is too short."""
        check_passphrase(self._passphrase)
        with self._alone():
            if self.exists:
                raise ConfigurationError(
                    f"There is an encrypted file for secrets already: {self.path}",
                    advice="Open it with its passphrase; delete it only if what it keeps may be lost.",
                )
            salt = base64.b64encode(secrets.token_bytes(16)).decode()
            self._write(msgspec.json.encode(Header(salt=salt)), {})

    def read(self) -> Mapping[str, SecretStr]:
        """Return all secrets; VaultLockedError without the right passphrase."""
        return {name: SecretStr(secret) for name, secret in self._read()[1].items()}

    def put(self, name: str, secret: str) -> None:
        """Keep *secret* in the file."""
        with self._alone():
            header, document = self._read()
            self._write(header, document | {name: secret})

    def remove(self, name: str) -> None:
        """Forget what is kept under *name*."""
        with self._alone():
            header, document = self._read()
            if document.pop(name, None) is not None:
                self._write(header, document)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._home.mkdir(parents=True, exist_ok=True)
        with FileLock(self._home / LOCK_FILE, timeout=60, what="vault"):
            yield

    def _read(self) -> tuple[bytes, dict[str, str]]:
        try:
            line, _, body = self.path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            raise NoVaultError(
                "The encrypted file for secrets is not made yet", advice="Run `tsh-sync config vault file`."
            ) from None
        except OSError as error:
            raise VaultError(
                f"The file {self.path} cannot be read", advice="Allow your user to read it.", cause=str(error)
            ) from error
        if not self._passphrase:
            raise VaultLockedError(
                "The secrets are in an encrypted file, which is closed",
                advice="Enter its passphrase, or set TSH_SECRET_KEY in the environment.",
            )
        return line, _opened(line, body, self._passphrase, self.path)

    def _write(self, header: bytes, document: Mapping[str, str]) -> None:
        nonce = secrets.token_bytes(_NONCE)
        sealed = _cipher(_header(header, self.path), self._passphrase).encrypt(
            nonce, json.dumps(document).encode(), header
        )
        try:
            write_private(self.path, header + b"\n" + base64.b64encode(nonce + sealed) + b"\n")
        except OSError as error:
            raise VaultError(
                f"The file {self.path} cannot be written",
                advice="Allow your user to write to its folder, and see that the disk has room.",
                cause=type(error).__name__,
            ) from error


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is none; ConfigurationError says how long it must be."""
    if len(passphrase.strip()) < SHORTEST:
        raise ConfigurationError(
            "The passphrase is too short", advice=f"Take at least {SHORTEST} characters; several words are good."
        )


def _header(line: bytes, path: Path) -> Header:
    try:
        header = msgspec.json.decode(line, type=Header)
        salt = base64.b64decode(header.salt, validate=True)
    except (msgspec.DecodeError, binascii.Error, ValueError) as error:
        raise _damaged(path) from error
    if header.format != _FORMAT or len(salt) < 16 or not _is_sane(header):
        raise _damaged(path)
    if header.version != _VERSION:
        raise VaultDamagedError(
            f"The file {path} is of version {header.version}, which this program does not know",
            advice="Use the newer version of this program that wrote it.",
        )
    return header


def _is_sane(header: Header) -> bool:
    power_of_two = header.n > 1 and header.n & (header.n - 1) == 0
    return power_of_two and header.n <= _MOST_COST and 1 <= header.r <= 16 and 1 <= header.p <= 16


def _cipher(header: Header, passphrase: str) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 -- only where there is a file

    return AESGCM(header.key(passphrase))


def _opened(line: bytes, body: bytes, passphrase: str, path: Path) -> dict[str, str]:
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 -- only where there is a file

    cipher = _cipher(_header(line, path), passphrase)
    try:
        sealed = base64.b64decode(body.strip(), validate=True)
    except binascii.Error as error:
        raise _damaged(path) from error
    if len(sealed) < _NONCE + 16:
        raise _damaged(path)
    try:
        text = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], line)
    except InvalidTag:
        raise VaultLockedError(
            "This passphrase does not open the file of secrets",
            advice=f"Enter the passphrase (TSH_SECRET_KEY) that {path} was made with. If that is right, the file was"
            " changed: bring it back from a backup.",
        ) from None
    document: dict[str, str] = json.loads(text)
    return document


def _damaged(path: Path) -> VaultDamagedError:
    return VaultDamagedError(
        f"The file {path} is not a whole file of secrets",
        advice="Bring it back from a backup; or delete it, run `tsh-sync config vault file`, and sign in.",
    )
