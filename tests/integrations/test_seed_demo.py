"""The demo tenant has an integration of each kind, and is made once."""

from io import StringIO

import pytest
from django.core.management import call_command

from integrations.management.commands.seed_demo import EMAIL
from integrations.models import Connection, Flow, Integration
from integrations.runner.concerning import missing
from tenants.access import places_of
from tenants.models import User
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)


def seed(**urls: str) -> None:
    call_command("seed_demo", stdout=StringIO(), **urls)


def test_both_integrations_are_made_once_and_follow_their_stand_ins() -> None:
    seed()
    seed(avidxchange_url="http://127.0.0.1:9999")
    [place] = places_of(User.objects.get(email=EMAIL))
    with tenant_scope(place.tenant_id):
        joined = list(Integration.objects.select_related("erp", "ap").order_by("id"))
        assert [each.name for each in joined] == ["Lakeside IFS to BILL", "Lakeside IFS to AvidXchange"]
        assert joined[0].erp == joined[1].erp
        assert joined[1].ap.settings["base_url"] == "http://127.0.0.1:9999"
        assert Connection.objects.count() == 3
        assert set(Flow.objects.filter(inbound=True, integration=joined[1]).values_list("entity", flat=True)) == {
            "invoice",
            "payment",
        }
        assert missing(joined[1]) == []
        assert all(each.environment == "simulator" for each in Connection.objects.all())
