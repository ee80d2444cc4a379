"""One row of every tenant model, filled by what its columns ask for, each text carrying a mark that can be searched."""

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from tenants.credentials import Sealed, SealedField
from tenants.models import TenantOwned, User

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


def tenant_models() -> list[type[TenantOwned]]:
    """Every model whose rows belong to a tenant."""
    return [model for model in apps.get_models() if issubclass(model, TenantOwned)]


def fill(mark: str, user: User) -> dict[type[TenantOwned], TenantOwned]:
    """In the open scope, make a row of each tenant model that has none yet; the row per model."""
    made: dict[type[TenantOwned], TenantOwned] = {}
    for model in tenant_models():
        _row(model, mark, user, made)
    return made


def _row(model: type[TenantOwned], mark: str, user: User, made: dict[type[TenantOwned], TenantOwned]) -> Any:
    if model not in made:
        existing = model.objects.first()
        if existing is None:
            values = {
                field.name: _value(field, mark, user, made)
                for field in model._meta.concrete_fields
                if field.name not in {"id", "tenant"} and not _leave(field)
            }
            existing = model.objects.create(**values)
        made[model] = existing
    return made[model]


def _leave(field: Any) -> bool:
    return bool(field.null) or (field.has_default() and not isinstance(field, models.JSONField))


def _value(field: Any, mark: str, user: User, made: dict[type[TenantOwned], TenantOwned]) -> Any:
    if isinstance(field, models.ForeignKey):
        target: Any = field.related_model
        return user if target is User else _row(target, mark, user, made)
    if isinstance(field, SealedField):
        return Sealed({"client_secret": mark})
    if field.choices:
        return field.choices[0][0]
    if field.name == "touches":  # of an event: whoever hands events on reads every tenant's
        return [["invoice", mark]]
    for kind, make in MAKERS.items():
        if isinstance(field, kind):
            value = make(mark)
            return value[: field.max_length] if isinstance(value, str) and field.max_length else value
    raise TypeError(f"{field} needs a maker in tests/defences/rows.py")


MAKERS: dict[Any, Callable[[str], Any]] = {
    models.EmailField: lambda mark: f"{mark}@example.test",
    models.CharField: lambda mark: mark,
    models.TextField: lambda mark: mark,
    models.BooleanField: lambda _: False,
    models.UUIDField: lambda _: uuid.uuid4(),
    models.IntegerField: lambda _: 1,
    models.FloatField: lambda _: 1.0,
    models.DecimalField: lambda _: Decimal("1.00"),
    models.DateTimeField: lambda _: NOW,
    models.DateField: lambda _: NOW.date(),
    models.JSONField: lambda mark: {"name": mark},
    models.BinaryField: lambda mark: mark.encode(),
    ArrayField: lambda mark: [mark],
}
