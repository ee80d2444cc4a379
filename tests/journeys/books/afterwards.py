"""What people do once everything is booked: approve, void, change, reissue and clear there, release with us."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from integrations.models import Answer, OutboxItem, ReviewItem
from integrations.store import answers
from tenants.access import Place, places_of
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.factories import join, person
from tests.journeys.books.comparing import Seen
from tests.journeys.books.world import Json, World


@dataclass(frozen=True)
class Acts:
    """Ids of AvidXchange. `reissued` was void and replaced by `replacement`; `arrived` were approved only now."""

    arrived: tuple[str, ...]
    voided: str
    reissued: str
    replacement: str
    cleared: str
    drawn: str
    invoice_voided: str
    invoice_changed: str


def act(world: World, first: Seen) -> Acts:
    """One of everything, each on a record of its own that was booked and that nothing else is the matter with."""
    avid = world.avid
    payments = _plain_payments(world, first)
    voided, reissued, cleared = next(payments), next(payments), next(payments)
    invoices = _unpaid_invoices(world, first)
    invoice_voided, invoice_changed = next(invoices), next(invoices)
    early = [row for row in avid.dump("invoices") if row["Status"] == "InWorkflow"]
    for row in early:
        avid.approve_invoice(row["Id"])
    drawn = next(row["PaymentId"] for row in avid.dump("payments") if _is_card_on_its_way(row, first))
    avid.void(voided)
    replacement = avid.reissue(reissued, "AvidPay Direct")
    avid.clear(cleared)
    avid.clear(drawn)
    avid.void_invoice(invoice_voided)
    amount = avid.get("invoices", invoice_changed)["GrossAmount"]
    avid.edit_invoice(invoice_changed, GrossAmount=amount + Decimal("1.00"))
    ids = (voided, reissued, replacement, cleared, drawn, invoice_voided, invoice_changed)
    return Acts(tuple(str(row["Id"]) for row in early), *map(str, ids))


def _plain_payments(world: World, first: Seen) -> Iterator[int]:
    """Checks in dollars that were issued and booked, each the only payment of its one invoice."""
    rows = world.avid.dump("payments")
    paid = [each["InvoiceId"] for row in rows for each in row["Invoices"]]
    for row in rows:
        alone = len(row["Invoices"]) == 1 and paid.count(row["Invoices"][0]["InvoiceId"]) == 1
        issued = row["Status"]["Description"] == "Issued to Supplier" and row["Currency"] == "USD"
        if alone and issued and first.payments[0][str(row["PaymentId"])].what == "booked":
            yield row["PaymentId"]


def _unpaid_invoices(world: World, first: Seen) -> Iterator[int]:
    """Booked invoices that no payment names."""
    paid = {each["InvoiceId"] for row in world.avid.dump("payments") for each in row["Invoices"]}
    for row in world.avid.dump("invoices"):
        if row["Id"] not in paid and first.invoices[0][str(row["Id"])].what == "booked":
            yield row["Id"]


def _is_card_on_its_way(row: Json, first: Seen) -> bool:
    """Whose invoices are all booked."""
    booked = all(first.invoices[0][str(each["InvoiceId"])].what == "booked" for each in row["Invoices"])
    return booked and row["Status"]["Description"] == "VCC Processing"


def people(world: World) -> tuple[Place, Place]:
    """A clerk and a controller of the tenant."""
    found = []
    for role in (Role.CLERK, Role.CONTROLLER):
        user = person()
        join(user, world.tenant, role)
        found.append(places_of(user)[0])
    return found[0], found[1]


def release(world: World, payment: str) -> None:
    """The clerk proposes to book the prepared reversal of a payment, the controller agrees."""
    clerk, controller = people(world)
    proposed = _in_scope(world, clerk, payment)
    assert proposed.status == Answer.Status.PROPOSED
    with tenant_scope(world.tenant.pk, actor=controller.actor):
        answers.approve(controller, Answer.objects.get(pk=proposed.pk))


def _in_scope(world: World, clerk: Place, payment: str) -> Any:
    with tenant_scope(world.tenant.pk, actor=clerk.actor):
        item = OutboxItem.objects.get(flow__entity="payment", source_key=payment, variant="reversal")
        (problem,) = ReviewItem.objects.get(item=item, status="open").problems
        said = "It was voided, the check came back."
        return answers.answer(clerk, item, problem["code"], problem["subject"], "release", said)
