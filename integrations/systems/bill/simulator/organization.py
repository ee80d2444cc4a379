"""The session itself and the organization behind it."""

from integrations.systems.bill.simulator.call import Answer, Call, Route
from integrations.systems.bill.simulator.errors import not_found
from integrations.systems.bill.simulator.wire import Json


def session(call: Call) -> Answer:
    """GET /v3/login/session"""
    caller = call.session
    return Answer.of(
        {
            "organizationId": caller.organization.id,
            "userId": caller.credential.user_id,
            "mfaStatus": "COMPLETE" if caller.trusted else "DISABLED",
            "mfaBypass": False,
        }
    )


def logout(call: Call) -> Answer:
    """POST /v3/logout: 200 with an empty body"""
    call.world.access.end(call.session.id)
    return Answer(200, b"")


def get(call: Call) -> Answer:
    """GET /v3/organizations/{id}: one's own only"""
    if call.parts["id"] != call.organization:
        raise not_found(call.parts["id"])
    address: Json = {
        "line1": "1 Factory Road",
        "city": "Austin",
        "stateOrProvince": "TX",
        "zipOrPostalCode": "78701",
        "country": "US",
    }
    return Answer.of(
        {
            "id": call.organization,
            "archived": False,
            "name": call.session.organization.name,
            "address": address,
            "createdTime": "2024-01-02T09:00:00.000+00:00",
            "updatedTime": "2024-01-02T09:00:00.000+00:00",
        }
    )


ROUTES: list[Route] = [
    ("GET", "/v3/login/session", session),
    ("POST", "/v3/logout", logout),
    ("GET", "/v3/organizations/{id}", get),
]
