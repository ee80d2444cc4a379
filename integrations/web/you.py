"""Settings of the tenant and of the signed-in person: where each is found."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from integrations.models import ConnectionChange
from integrations.store import controls
from integrations.web.gate import page, place_of
from integrations.web.keys import shown
from tenants.models import Membership, Role
from tenants.permissions import Act, Right

ACTS = {
    Act.CONNECT: "connections",
    Act.SETTINGS: "settings",
    Act.MAP: "mappings",
    Act.OVERRIDE: "overrides",
    Act.PAYEE: "payee changes",
    Act.MEMBERS: "members",
    Act.UNCHECK: "switching the second check off",
}

_MOST = 100  # proposals that are listed


@page()
def settings(request: HttpRequest) -> HttpResponseBase:
    place = place_of(request)
    both = [ACTS[act] for act in ACTS if {Right.MAKER, Right.CHECKER} <= place.may(act)]
    return render(
        request,
        "integrations/settings.html",
        {
            "place": place,
            "roles": [Role(role).label for role in place.roles if role in Role.values],
            "conflict": both,
            **shown(request),
            "second": controls.second_person(),
            "changes": _changes(),
            "members": Membership.objects.values("user").distinct().count(),
        },
    )


def _changes() -> list[ConnectionChange]:
    """Where connections are to lead, as far as it waits for a controller."""
    rows = ConnectionChange.objects.filter(status=ConnectionChange.Status.PROPOSED)
    return list(rows.select_related("connection", "made_by").order_by("made_at", "id")[:_MOST])
