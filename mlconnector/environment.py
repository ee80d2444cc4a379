"""What the settings take from the environment, each value checked, with one sentence per missing or bad one."""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


@dataclass
class Environment:
    """Reads named values and collects complaints; `finish()` raises them all at once as ImproperlyConfigured."""

    env: environ.Env = field(default_factory=environ.Env)
    complaints: list[str] = field(default_factory=list)

    def text(self, name: str, *, default: str | None = None, what: str = "") -> str:
        """The value, or `default`. Without a default a missing or empty value is a complaint that explains `what`."""
        value: str = self.env.str(name, default="") or (default or "")
        if not value and default is None:
            self.complaints.append(f"{name} is missing: {what}.")
        return value

    def flag(self, name: str) -> bool:
        """1, true, yes, on; 0, false, no, off or absent."""
        value = self.text(name, default="0").lower()
        if value not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
            self.complaints.append(f"{name} must be 1 or 0.")
        return value in {"1", "true", "yes", "on"}

    def number(self, name: str, default: int) -> int:
        """A whole number above zero."""
        value = self.text(name, default=str(default))
        if not re.fullmatch(r"[1-9][0-9]{0,8}", value):
            self.complaints.append(f"{name} must be a whole number above zero.")
            return default
        return int(value)

    def names(self, name: str) -> list[str]:
        """Comma separated, blanks dropped."""
        return [part.strip() for part in self.text(name, default="").split(",") if part.strip()]

    def database(self, name: str, what: str) -> dict[str, Any]:
        """A Django database from postgresql://user:password@host:port/name (host may be a percent-encoded folder)."""
        example = "postgresql://user:password@host:5432/name"
        value = self.text(name, what=f"{what}, as {example}")
        if not value:
            return {}
        if urlsplit(value).scheme not in {"postgresql", "postgres", "psql", "pgsql"}:
            self.complaints.append(f"{name} must be a PostgreSQL address such as {example}.")
            return {}
        found = self._parsed(name, lambda: self.env.db_url_config(value), f"a PostgreSQL address such as {example}")
        if found and not (found.get("NAME") and found.get("USER")):
            self.complaints.append(f"{name} must name a user and a database, as {example}.")
        return dict(found or {}) | {"ENGINE": "django.db.backends.postgresql"}

    def redis(self, name: str) -> str:
        """redis://, rediss:// or unix://."""
        value = self.text(name, what="the Redis server, as redis://host:6379/0")
        if value and urlsplit(value).scheme not in {"redis", "rediss", "unix"}:
            self.complaints.append(f"{name} must start with redis://, rediss:// or unix://.")
        return value

    def keys(self, name: str) -> list[str]:
        """Fernet keys, comma separated, the first one writes (https://cryptography.io/en/latest/fernet/)."""
        values = [part.strip() for part in self.text(name, what=KEYS_WANTED).split(",") if part.strip()]
        if not all(_is_fernet_key(value) for value in values):
            self.complaints.append(f"{name} must hold {KEYS_WANTED}.")
        return values

    def secret(self, name: str) -> str:
        """At least 50 characters, so that nobody signs sessions with a word."""
        value = self.text(name, what="a random text of 50 characters or more that signs sessions and links")
        if value and len(value) < 50:
            self.complaints.append(f"{name} must have 50 characters or more.")
        return value

    def origin(self, name: str) -> str:
        """https://host or http://host:port, no path."""
        value = self.text(name, what="the address people use, as https://connector.example.com").rstrip("/")
        parts = urlsplit(value)
        if value and (parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query):
            self.complaints.append(f"{name} must be scheme and host only, as https://connector.example.com.")
        return value

    def email(self, name: str) -> dict[str, Any]:
        """Django's e-mail settings from smtp://user:password@host:587, smtp+tls://, filemail:///folder, consolemail://."""
        value = self.text(name, default="consolemail://")
        wanted = "an address such as smtp+tls://user:password@host:587 or filemail:///folder"
        return dict(self._parsed(name, lambda: self.env.email_url_config(value), wanted) or {})

    def folder(self, name: str) -> Path | None:
        """A folder; None when absent. It is made on first use."""
        value = self.text(name, default="")
        if value and not Path(value).is_absolute():
            self.complaints.append(f"{name} must be an absolute path.")
        return Path(value) if value else None

    def finish(self) -> None:
        if self.complaints:
            raise ImproperlyConfigured("\n".join(self.complaints))

    def _parsed(self, name: str, parse: Callable[[], T], wanted: str) -> T | None:
        try:
            return parse()
        except (ValueError, KeyError, ImproperlyConfigured):
            # The value is not repeated: it may hold a password.
            self.complaints.append(f"{name} must be {wanted}.")
            return None


KEYS_WANTED = "one or more Fernet keys (32 bytes, base64), comma separated, the first one encrypts"


def _is_fernet_key(value: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(value)) == 32
    except (binascii.Error, ValueError):
        return False
