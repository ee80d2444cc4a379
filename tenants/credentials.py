"""`SealedField`: a JSON object at rest that only the tenant it belongs to can open, and only by `.reveal()`.

A subclass of django-cryptography's field (https://github.com/bradleykirwan/django-cryptography-5): JSON instead of
pickle, the tenant's own key with its number in front, and a body bound to tenant and field.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django_cryptography.fields import EncryptedMixin

from tenants.keys import Keys, Unreadable, number_of
from tenants.models import KeyPurpose
from tenants.scope import current_tenant


class Sealed:
    """Secrets that show nothing: no repr, no str, no pickle. `reveal()` is for the runner and the ping."""

    __slots__ = ("_bound", "_plain", "_stored")

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self._plain: dict[str, Any] | None = dict(plain)
        self._stored = b""
        self._bound = ""

    @classmethod
    def from_store(cls, stored: bytes, bound: str) -> "Sealed":
        """As read from the database: opened when revealed, not before. `bound` is the field it was read from."""
        sealed = cls({})
        sealed._plain, sealed._stored, sealed._bound = None, stored, bound
        return sealed

    def reveal(self) -> dict[str, Any]:
        """The secrets. Unreadable when tenant, field or key do not fit; ScopeError outside a scope."""
        if self._plain is not None:
            return dict(self._plain)
        body = json.loads(Keys.of_scope().decrypt(self._stored))
        if body["tenant"] != str(current_tenant()) or body["field"] != self._bound:
            raise Unreadable("This sealed value was moved here from another tenant or field.")
        value: dict[str, Any] = body["value"]
        return value

    def with_values(self, values: Mapping[str, Any]) -> "Sealed":
        """These secrets with some replaced; nothing is shown to the caller."""
        return Sealed({**self.reveal(), **values})

    def stored(self, bound: str) -> bytes:
        """The bytes to keep. A value that was only read is written back as it was."""
        if self._plain is None and self._bound == bound:
            return self._stored
        body = {"tenant": str(current_tenant()), "field": bound, "value": self.reveal()}
        return Keys.of_scope().encrypt(KeyPurpose.CREDENTIALS, json.dumps(body, sort_keys=True).encode())

    @property
    def key_number(self) -> int | None:
        """The data key that sealed it; None for a value not stored yet."""
        return number_of(self._stored) if self._stored else None

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("Sealed values are not pickled.")


class SealedField(EncryptedMixin, models.Field):  # type: ignore[type-arg]
    """Holds a `Sealed`. Only `isnull` can be asked of it in a query."""

    description = "Sealed secrets"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.editable = False  # write-only: no form, admin or serializer draws it

    @property
    def bound(self) -> str:
        """What the value is tied to besides the tenant."""
        return f"{self.model._meta.label}.{self.attname}"

    def from_db_value(self, value: Any, *args: Any, **kwargs: Any) -> Sealed | None:
        return None if value is None else Sealed.from_store(bytes(value), self.bound)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError(f"{self.bound} takes a Sealed value.")
        return value.stored(self.bound)

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        """Serialised data (dumpdata) shows that there is something, not what."""
        return "" if self.value_from_object(obj) is None else "<sealed>"

    def clone(self) -> "SealedField":
        _, _, args, kwargs = self.deconstruct()
        return SealedField(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = models.Field.deconstruct(self)
        kwargs.pop("editable", None)
        return name, path, args, kwargs
