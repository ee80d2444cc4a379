"""The settlement list for programs."""

from django.test import Client

from tests.integrations.factories import Desk
from tests.integrations.settling import paid, refresh, show_open


def test_it_is_paged_and_narrowed_and_tells_amounts_as_text(owner: Client, desk: Desk) -> None:
    desk.turn_round()
    show_open(desk, paid(desk, "100.00"), "0")
    paid(desk, "20.00", "-5.00", currency="CAD")
    refresh(desk)
    first = owner.get("/api/v1/settlements/?limit=2").json()
    rest = owner.get(first["next"]).json()
    assert [row["amount"] for row in first["results"] + rest["results"]] == ["-5", "20", "100"]
    assert rest["next"] is None
    [settled] = owner.get("/api/v1/settlements/?state=settled").json()["results"]
    assert (settled["currency"], settled["discount"], settled["supplier"]) == ("USD", "1", "S1")
    assert owner.get("/api/v1/settlements/?state=other").status_code == 400
