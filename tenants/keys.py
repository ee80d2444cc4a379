"""Keys: the server's ring wraps each tenant's data keys; data keys encrypt.

The ring is CREDENTIAL_KEYS: the first key writes, all of them read (https://cryptography.io/en/latest/fernet/#cryptography.fernet.MultiFernet).
A data key is 48 random bytes: 32 for AES-256, 16 for the signature.
"""

import hmac
import os
from dataclasses import dataclass, field

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.signing import BadSignature
from django_cryptography.core.signing import FernetSigner
from django_cryptography.utils.crypto import FernetBytes
from django_cryptography.utils.crypto import InvalidToken as BadPadding

from tenants.models import DataKey
from tenants.scope import open_scope

AES_BYTES = 32
KEY_BYTES = 48
NUMBER_BYTES = 8
LOST = "CREDENTIAL_KEYS does not hold the key that this was wrapped with."


class Unreadable(Exception):
    """A sealed value cannot be opened: its key is gone, or it belongs elsewhere. The message names no content."""


def ring() -> MultiFernet:
    """The server's keys."""
    return MultiFernet([Fernet(key) for key in settings.CREDENTIAL_KEYS])


def rewrapped(token: bytes) -> bytes:
    """The same content under the ring's first key. Unreadable when the ring lacks the key it is under."""
    try:
        return ring().rotate(token)
    except InvalidToken:
        raise Unreadable(LOST) from None


def make_key(purpose: str) -> DataKey:
    """A new data key of the open scope's tenant; from now on it is the one that encrypts."""
    key: DataKey = DataKey.objects.create(purpose=purpose, wrapped=ring().encrypt(os.urandom(KEY_BYTES)))
    open_scope().attached(Keys, Keys).forget()
    return key


@dataclass
class Keys:
    """The data keys of the open scope's tenant, read once per transaction and forgotten with it."""

    _by_number: dict[int, FernetBytes] = field(default_factory=dict, repr=False)
    _newest: dict[str, int] = field(default_factory=dict)
    _hashing: dict[str, bytes] = field(default_factory=dict, repr=False)
    _loaded: bool = False

    @classmethod
    def of_scope(cls) -> "Keys":
        keys = open_scope().attached(cls, cls)
        if not keys._loaded:
            keys._load()
        return keys

    def forget(self) -> None:
        self._by_number.clear()
        self._newest.clear()
        self._hashing.clear()
        self._loaded = False

    def newest(self, purpose: str) -> int:
        """The number of the key that encrypts. Unreadable when the tenant has none (deleted tenant)."""
        try:
            return self._newest[purpose]
        except KeyError:
            raise Unreadable(f"This tenant has no {purpose} key.") from None

    def encrypt(self, purpose: str, plain: bytes) -> bytes:
        """Key number (8 bytes) and ciphertext."""
        number = self.newest(purpose)
        return number.to_bytes(NUMBER_BYTES, "big") + bytes(self._by_number[number].encrypt(plain))

    def decrypt(self, sealed: bytes) -> bytes:
        """The plain bytes. Unreadable when the key is not this tenant's or the bytes were changed."""
        cipher = self._by_number.get(number_of(sealed))
        if cipher is None:
            raise Unreadable("The key of this value is not among this tenant's keys.")
        try:
            return bytes(cipher.decrypt(sealed[NUMBER_BYTES:]))
        except (BadSignature, BadPadding, ValueError):
            raise Unreadable("This sealed value was changed or cut.") from None

    def hashed(self, purpose: str, text: str) -> str:
        """32 hex digits, equal for equal texts of this tenant, guessable by nobody without its key.

        Made with the oldest key, which stays: a renewal of keys must not make every stored hash another one.
        """
        self.newest(purpose)
        return hmac.digest(self._hashing[purpose], text.encode(), "sha256").hex()[:32]

    def _load(self) -> None:
        server = ring()
        for number, purpose, wrapped in DataKey.objects.order_by("id").values_list("id", "purpose", "wrapped"):
            try:
                plain = server.decrypt(bytes(wrapped))
            except InvalidToken:
                raise Unreadable(LOST) from None
            self._by_number[number] = FernetBytes(plain[:AES_BYTES], FernetSigner(plain[AES_BYTES:]))
            self._newest[purpose] = number
            self._hashing.setdefault(purpose, hmac.digest(plain, b"hashes", "sha256"))
        self._loaded = True


def number_of(sealed: bytes) -> int:
    """The number of the data key that sealed this value."""
    return int.from_bytes(sealed[:NUMBER_BYTES], "big")
