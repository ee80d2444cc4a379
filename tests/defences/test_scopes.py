from django.db import models
from django.test.utils import isolate_apps

from tenants.models import Membership
from tests.defences.scopes import findings


def test_every_tenant_model_is_scoped(database: None) -> None:
    assert findings() == []


def test_an_unscoped_manager_is_found(database: None) -> None:
    with isolate_apps("tenants"):

        class Bypass(models.Model):  # noqa: DJ008  (lives for this test)
            """A careless copy of a tenant model, with Django's own manager."""

            everything = models.Manager()

            class Meta:
                app_label = "tenants"
                db_table = "tenants_membership"

    found = findings([Bypass])
    assert any("neither a tenant's" in finding for finding in found)
    assert any("answers outside a scope" in finding for finding in found)
    assert findings([Membership]) == []
