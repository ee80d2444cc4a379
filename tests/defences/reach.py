"""Defence of the defence: the walk reaches what it is there for. Walks as the owner, for whom everything is open.

Findings: a route that none of the scene's ids opens; a route with two places, which the walk fills with one id; a model
whose rows no page shows though it is not on the list below; a 5xx. So a new route, model or page that the walk cannot
reach fails by itself.
"""

from collections.abc import Iterator
from typing import Any

from django.test import Client

from integrations.systems import registry
from integrations.web.auditing.table import EXPORTS
from tenants.models import Role
from tests.defences.house import House
from tests.defences.routes import Route, routes
from tests.defences.stranger import Scene, ask, states, text_of, uuids
from tests.factories import join, signed_in

# No page shows texts of their rows: keys, ends of chains, cursors, what is mirrored to map and match.
UNSEEN = {
    *("tenants.DataKey", "tenants.Membership", "audit.AuditHead", "integrations.Checkpoint"),
    *("integrations.MirrorRecord", "integrations.MirrorState"),
    *("integrations.IdempotencyKey", "integrations.SearchTerm"),
    # On the pages of payments and their invoices alone, which the walk's ids do not open: web/test_proof.py does.
    *("integrations.PaymentPart", "integrations.PaymentStep"),
    # On the page of an order alone: runner/test_orders.py does.
    "integrations.BilledLine",
    *("integrations.WebhookEvent", "integrations.Hint", "integrations.StatementKey"),
}
# Opened by a letter's secret link, by a signature, or for any address at all.
NOT_BY_ID = {
    *("account_confirm_email", "account_reset_password_from_key", "api:nothing", "admin:app_list"),
    "api:hook",
}

# What is sent to those that are opened by more than an empty body.
BODIES = {
    "api:repost": {"reason": "walked"},
    "api:corrections": {"changes": [{"place": "x", "value": "1"}], "reason": "walked"},
    "api:correction-back": {"place": "x", "reason": "walked"},
    "api:connection-settings": {"settings": {}},
    "api:review-resolve": {"choice": "create", "reason": "walked"},
    "api:review-ignore": {"reason": "walked"},
    "api:review-assign": {"to": None},
    "api:review-link": {"target_id": "x", "reason": "walked"},
}


def findings(scene: Scene, *, under: tuple[str, ...] = ("",)) -> list[str]:
    """What the walk does not reach, in one sentence each; empty: it reaches everything."""
    for role in set(Role) - {Role.OWNER, Role.AUDITOR}:
        join(scene.house.owner, scene.house.tenant, role)
    client = signed_in(scene.house.owner)
    client.raise_request_exception = False
    ours = [route for route in routes() if route.is_ours and route.pattern.startswith(under)]
    answers = [(route, answer) for route in ours for answer in _opened(client, route, scene.house)]
    reading = {route for route, answer in answers if answer.status_code != 405}
    for route in set(ours) - reading:  # after all the looking: these change what is there
        answers += [
            (route, ask(client, "post", route.at(value), BODIES.get(route.name)))
            for value in _values(route, scene.house)
        ]
    return [
        *(
            f"/{route.pattern} ({route.name}) answers its owner {a.status_code}"
            for route, a in answers
            if _broken(a, route)
        ),
        *_closed(ours, answers),
        *(_unseen(scene.house, answers) if under == ("",) else ()),
    ]


def _broken(answer: Any, route: Route) -> bool:
    return answer.status_code >= 500 and route.name != "readyz"


def _opened(client: Client, route: Route, house: House) -> Iterator[Any]:
    """The answers at the addresses that the owner's ids make of a route."""
    if len(route.places) > 1 or route.name in NOT_BY_ID or route.name.endswith("logout"):
        return
    for value in _values(route, house):
        yield ask(client, "get", route.at(value))


def _values(route: Route, house: House) -> list[object]:
    """Ids of the last row of each model, and of one row of each state."""
    if route.is_admin and route.places:
        kinds = {f"/{model._meta.app_label}/{model._meta.model_name}/": found for model, found in house.rows.items()}
        return [found[-1].pk for kind, found in kinds.items() if kind in route.pattern]
    match route.kind:
        case "":
            return [""]
        case "uuid":
            return [key for found in house.rows.values() for row in states(found) for key in uuids(row)]
        case "int":
            return [found[-1].pk for found in house.rows.values()]
        case _:
            return [*registry.systems(), *EXPORTS, house.token]


def _closed(walked: list[Route], answers: list[tuple[Route, Any]]) -> Iterator[str]:
    reached = {route for route, answer in answers if answer.status_code not in {400, 403, 404, 405}}
    # Django's admin answers a missing object by going to its front page.
    reached -= {route for route, answer in answers if route.is_admin and answer.get("Location") == "/admin/"}
    for route in walked:
        if route.name in NOT_BY_ID or not route.places:
            continue
        if len(route.places) > 1:
            yield f"/{route.pattern} ({route.name}) has two places: the walk fills them with one id"
        elif route not in reached and not _refuses(route, answers):
            yield f"/{route.pattern} ({route.name}) is opened by none of the ids of the scene: add rows to house.py"


def _refuses(route: Route, answers: list[tuple[Route, Any]]) -> bool:
    """Whether an admin page that changes a read-only model says so to everybody."""
    return route.is_admin and any(each == route and answer.status_code == 403 for each, answer in answers)


def _unseen(house: House, answers: list[tuple[Route, Any]]) -> Iterator[str]:
    shown = "\n".join(text_of(answer, "") for _, answer in answers)
    for model in house.rows:
        seen = house.mark_of(model) in shown
        if seen == (model._meta.label in UNSEEN):
            yield f"rows of {model._meta.label} are {'shown after all' if seen else 'shown by no page'}: see reach.py"
