"""The register's secret, and the keys derived from it."""

import hashlib
import hmac
import os
import secrets
import stat
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..errors import StoreError, WrongKey
from ..settings import settings

SHORTEST_SECRET = 16
_NONCE_BYTES = 12


class Keys:
    """Encryption (AES-256-GCM) and keyed digests (HMAC-SHA-256), one derived key for each purpose.

    Args:
        secret: Any text of 16 characters or more. Keys are derived by HKDF, which does not slow down
            guessing: take random text, not a phrase that a person would choose.

    Raises:
        WrongKey: When the secret is too short.
    """

    def __init__(self, secret: str) -> None:
        if len(secret) < SHORTEST_SECRET:
            raise WrongKey(
                f"A key of {len(secret)} characters is too short.",
                fix=f"Take {SHORTEST_SECRET} or more, for example from `openssl rand -base64 32`.",
            )
        self._secret = to_bytes(secret)
        self._derive = lru_cache(maxsize=None)(self._derive_uncached)

    @property
    def secret(self) -> str:
        """The secret itself, for a process of ours to open the same register with."""
        return self._secret.decode("utf-8", "surrogatepass")

    def __reduce__(self) -> "tuple[type[Keys], tuple[str]]":
        """Go to another process as the secret: nothing that is derived from it needs to be sent."""
        return Keys, (self.secret,)

    def _derive_uncached(self, purpose: str) -> bytes:
        return HKDF(SHA256(), length=32, salt=None, info=b"expunge/" + purpose.encode()).derive(self._secret)

    def encrypt(self, text: str, row: str) -> bytes:
        """Encrypt text for one row; it cannot be decrypted as another row's."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, to_bytes(text), to_bytes(row))

    def decrypt(self, sealed: bytes, row: str) -> str:
        """Undo `encrypt`.

        Raises:
            WrongKey: When the key, the row or the bytes are not those of the encryption.
        """
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], to_bytes(row))
        except (InvalidTag, ValueError):
            raise WrongKey(
                f"The row {row!r} cannot be decrypted: another key wrote it, or it was changed.",
                fix="Give the key that the register was made with, or restore a backup.",
            ) from None
        return plain.decode("utf-8", "surrogatepass")

    def digest(self, purpose: str, content: bytes) -> bytes:
        """Return the keyed digest of content, 32 bytes; digests of different purposes never match."""
        return hmac.digest(self._derive(purpose), content, hashlib.sha256)

    @property
    def _cipher(self) -> AESGCM:
        return AESGCM(self._derive("payload"))


def to_bytes(text: str) -> bytes:
    """Encode text as UTF-8; lone surrogates pass, as they do in JSON."""
    return text.encode("utf-8", "surrogatepass")


def load_keys(key_file: Path, *, key: str | None = None, create: bool = False) -> Keys:
    """Return the keys of a register: from `key`, else from EXPUNGE_KEY, else from its key file.

    Args:
        key_file: The file beside the register, readable by its owner alone.
        key: The secret; wins over the environment and the file.
        create: Make the key file when there is none. Only for a new register.

    Raises:
        WrongKey: When there is no key.
        StoreError: When others than its owner may read the key file.
    """
    configured = settings().key
    secret = key if key is not None else configured.get_secret_value() if configured else None
    if secret is not None:
        return Keys(secret)
    if create:
        _create(key_file)
    return Keys(_read(key_file))


def _read(key_file: Path) -> str:
    try:
        mode = key_file.stat().st_mode
        secret = key_file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise WrongKey(
            f"The key file {str(key_file)!r} is missing.",
            fix="Restore it, or set EXPUNGE_KEY: without the key the register cannot be read.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise WrongKey(f"The key file {str(key_file)!r} cannot be read ({type(error).__name__}).") from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise StoreError(
            f"The key file {str(key_file)!r} may be read by others ({stat.filemode(mode)}).",
            fix=f"Run `chmod 600 {key_file}`; if others may have read it, make a new register.",
        )
    return secret


def _create(key_file: Path) -> None:
    """Write a random key, whole or not at all; a key file that exists is left alone."""
    if key_file.exists():
        return
    draft = key_file.with_name(f"{key_file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        key_file.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was first: its key counts
    finally:
        draft.unlink()
