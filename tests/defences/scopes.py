"""Defence: every tenant model is reached through a scope or not at all."""

from collections.abc import Iterable, Iterator

from django.apps import apps
from django.db import models

from tenants.models import TenantOwned
from tenants.scope import ScopeError
from tests.defences.rowsecurity import GLOBAL


def findings(candidates: Iterable[type[models.Model]] | None = None) -> list[str]:
    """Models outside the closed list that are no tenant models, and managers that answer outside a scope."""
    return [finding for model in candidates or apps.get_models(include_auto_created=True) for finding in _of(model)]


def _of(model: type[models.Model]) -> Iterator[str]:
    if model._meta.db_table in GLOBAL or not model._meta.managed:
        return
    if not issubclass(model, TenantOwned) and model._meta.label != "tenants.Tenant":
        yield f"{model._meta.label} is neither a tenant's nor on the closed list of global tables"
    for manager in {*model._meta.managers, model._base_manager, model._default_manager}:
        try:
            manager.exists()
        except ScopeError:
            continue
        yield f"{model._meta.label}.{manager.name} answers outside a scope"
