"""Secrets sealed with a passphrase, as two lines of text: the file vault's format, and that of exports.

The first line is a header in JSON (version, how the key comes of the passphrase), the second the secrets, AES-256-GCM,
in Base64. The header is authenticated with them, so that neither can be exchanged for another.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
import threading
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tsh_sync_gui.core.errors import ConfigurationError, VaultDamagedError, WrongPassphraseError

SHORTEST: Final = 8
_FORMAT: Final = "tsh-sync vault"
_VERSION: Final = 1
_COST: Final = 2**15
_MOST_COST: Final = 2**20  # 1 GB: a forged header must not eat the machine
_NONCE: Final = 12
_TAG: Final = 16

_KEYS: Final[dict[tuple[bytes, int, int, int, str], bytes]] = {}
_KEYS_LOCK: Final = threading.Lock()


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the text is opened: the key is scrypt(passphrase, salt, n, r, p)."""

    format: str = _FORMAT
    version: int = _VERSION
    salt: str
    n: int = _COST
    r: int = 8
    p: int = 1

    @property
    def is_sane(self) -> bool:
        """Tell whether the figures are such as this program would write, give or take a newer machine."""
        power_of_two = self.n > 1 and self.n & (self.n - 1) == 0
        return power_of_two and self.n <= _MOST_COST and 1 <= self.r <= 16 and 1 <= self.p <= 16

    def key(self, passphrase: str) -> bytes:
        """Return the key; it takes 0.1 s, so this process keeps it."""
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt  # noqa: PLC0415 -- 0.1 s, and few need it

        salt = base64.b64decode(self.salt)
        figures = (salt, self.n, self.r, self.p, passphrase)
        with _KEYS_LOCK:
            if figures not in _KEYS:
                kdf = Scrypt(salt=salt, length=32, n=self.n, r=self.r, p=self.p)
                _KEYS[figures] = kdf.derive(passphrase.encode())
            return _KEYS[figures]


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is none; ConfigurationError says how long it must be."""
    if len(passphrase.strip()) < SHORTEST:
        raise ConfigurationError(
            "The passphrase is too short", advice=f"Take at least {SHORTEST} characters; several words are good."
        )


def new_header() -> bytes:
    """Return a header with a salt of its own."""
    return msgspec.json.encode(Header(salt=base64.b64encode(secrets.token_bytes(16)).decode()))


def seal(document: Mapping[str, str], passphrase: str, *, header: bytes, what: str) -> bytes:
    """Return *document* sealed under *header*; *what* names the place in errors."""
    nonce = secrets.token_bytes(_NONCE)
    sealed = _cipher(_read_header(header, what), passphrase).encrypt(nonce, json.dumps(document).encode(), header)
    return header + b"\n" + base64.b64encode(nonce + sealed) + b"\n"


def unseal(text: bytes, passphrase: str, *, what: str) -> tuple[bytes, dict[str, str]]:
    """Return header and document of *text*; WrongPassphraseError, or VaultDamagedError for rubbish."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 -- 0.1 s, and few need it

    line, _, body = text.partition(b"\n")
    header = _read_header(line, what)
    try:
        cipher = _cipher(header, passphrase)
    except MemoryError as error:  # no header of ours asks for so much
        raise _damaged(what) from error
    try:
        sealed = base64.b64decode(body.strip(), validate=True)
    except binascii.Error as error:
        raise _damaged(what) from error
    if len(sealed) < _NONCE + _TAG:
        raise _damaged(what)
    try:
        plain = cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], line)
    except InvalidTag:
        raise WrongPassphraseError(
            f"This passphrase does not open {what}",
            advice="Enter the passphrase it was made with (TSH_SECRET_KEY, where that is set). If that is right, the"
            " file was changed: bring it back from a backup.",
        ) from None
    document: dict[str, str] = json.loads(plain)
    return line, document


def _read_header(line: bytes, what: str) -> Header:
    try:
        header = msgspec.json.decode(line, type=Header)
        salt = base64.b64decode(header.salt, validate=True)
    except (msgspec.DecodeError, ValueError) as error:
        raise _damaged(what) from error
    if header.format != _FORMAT or len(salt) < 16 or not header.is_sane:
        raise _damaged(what)
    if header.version != _VERSION:
        raise VaultDamagedError(
            f"{what[:1].upper()}{what[1:]} is of version {header.version}, which this program does not know",
            advice="Use the newer version of this program that wrote it.",
        )
    return header


def _cipher(header: Header, passphrase: str) -> Any:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 -- 0.1 s, and few need it

    return AESGCM(header.key(passphrase))


def _damaged(what: str) -> VaultDamagedError:
    return VaultDamagedError(
        f"{what[:1].upper()}{what[1:]} is not whole",
        advice="Bring it back from a backup. If there is none: delete it, make it anew, and sign in again.",
    )
