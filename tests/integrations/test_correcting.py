"""Correcting the coding of one record: for it alone, with a reason and what was there, nothing else can be touched."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEntry
from integrations.engine.correcting import account_of
from integrations.models import (
    Answer,
    FieldMapping,
    Flow,
    MirrorRecord,
    OutboxItem,
    RecordLink,
    SourceRecord,
    SyncRun,
)
from integrations.store import FlowStore, lease, loading
from integrations.store.frame import Frame
from tenants.models import Role
from tenants.scope import tenant_scope
from tests.engine.build import COST, invoice
from tests.factories import Cast, join, person, signed_in
from tests.integrations.conftest import page
from tests.integrations.factories import Desk

PLACE = account_of(COST.key)


@pytest.fixture
def desk(cast: Cast) -> Desk:
    """An invoice on account 4000, value 100 of part B, tax T1; accounts and vendors of the other side are listed."""
    made = Desk(cast.tenant.pk, cast.owner)
    with tenant_scope(made.tenant_id):
        ap = made.integration.ap
        for entity, number, active, currency in (
            ("gl_account", "5010", True, ""),
            ("gl_account", "5020", True, ""),
            ("gl_account", "5099", False, ""),
            ("vendor", "V1", True, "USD"),
            ("vendor", "V2", True, "EUR"),
            ("vendor", "V3", True, "USD"),
        ):
            MirrorRecord.objects.create(
                connection=ap, entity=entity, target_id=f"t{number}", number=number, name=f"Name {number}",
                active=active, currency=currency, seen_at=timezone.now(),
            )  # fmt: skip
        FieldMapping.objects.create(integration=made.integration, source="dimensions.B", target="")
        RecordLink.objects.create(
            integration=made.integration, entity="vendor", source_key="OTHER", target_connection=ap, target_id="tV3",
            fingerprint="f", schema=1, linked_at=timezone.now(),
        )  # fmt: skip
    stage(made)
    return made


def stage(desk: Desk, **changed: Any) -> None:
    """The invoice is read, and held."""
    flow = desk.flows["invoice"]
    held = lease.claim(flow.pk)
    assert held is not None
    FlowStore(held, flow, desk.run(kind="poll")).stage(page(invoice(key="10|A", **changed)))
    with tenant_scope(desk.tenant_id):
        OutboxItem.objects.update(state="held")


def item_of(desk: Desk) -> OutboxItem:
    with tenant_scope(desk.tenant_id):
        found: OutboxItem = OutboxItem.objects.select_related("source").get()
        return found


def correct(client: Client, desk: Desk, *changes: tuple[str, str], reason: str = "Wrong in the ERP") -> str:
    form: dict[str, Any] = {"do": "correct", "reason": reason, "place": [place for place, _ in changes]}
    form |= {f"to-{n}": number for n, (_, number) in enumerate(changes)}
    return client.post(f"/records/{item_of(desk).uuid}/work/", form, follow=True).content.decode()


def seen(desk: Desk) -> Any:
    """The answers that the next decision gets."""
    flow = desk.flows["invoice"]
    held = lease.Lease(flow.pk, desk.tenant_id, 0)
    with tenant_scope(desk.tenant_id):
        frame = Frame(held, Flow.objects.get(pk=flow.pk), SyncRun.objects.latest("id"))
        return loading.load(frame, [OutboxItem.objects.get().pk])[0].answers


def test_a_clerk_corrects_the_account_of_this_record_only(cast: Cast, desk: Desk) -> None:
    said = correct(signed_in(cast.colleague), desk, (PLACE, "5010"))
    assert "Corrected in 1 place, for this record only." in said
    assert "Account of line 2 corrected to 5010" in said
    assert "It was 4000" in said
    assert item_of(desk).state == "ready"
    with tenant_scope(desk.tenant_id):
        given = Answer.objects.get()
        assert (given.was, given.choice, given.reason) == ("4000", "set:5010", "Wrong in the ERP")
        assert AuditEntry.objects.filter(action="coding_corrected").count() == 1


def test_the_decision_sees_it_until_the_content_changes(cast: Cast, desk: Desk) -> None:
    correct(signed_in(cast.colleague), desk, (PLACE, "5010"))
    assert seen(desk) == {("coding_corrected", PLACE): "set:5010"}


def test_other_content_asks_anew(cast: Cast, desk: Desk) -> None:
    correct(signed_in(cast.colleague), desk, (PLACE, "5010"))
    with tenant_scope(desk.tenant_id):
        SourceRecord.objects.update(fingerprint="other")
    assert seen(desk) == {}


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (PLACE, "5099", "5099 (what it becomes) is closed."),
        (PLACE, "9999", "9999 (what it becomes) is not in the chart"),
        (PLACE, "5010\u200b", "at most 60 ordinary letters"),
        ("total", "1.00", "This is no part of the coding"),
        ("number", "X", "This is no part of the coding"),
        ("due_date", "2026-01-01", "This is no part of the coding"),
        ("currency", "EUR", "This is no part of the coding"),
        ("2|amount", "1", "This is no part of the coding"),
        ("bank_account", "1", "This is no part of the coding"),
        ("vendor", "tV9", "has no vendor tV9 in use"),
        ("vendor", "tV2", "is paid in EUR, this is in USD"),
        ("vendor", "tV3", "is another supplier"),
    ],
)
def test_what_cannot_be_corrected_is_refused_with_words(
    cast: Cast, desk: Desk, place: str, value: str, says: str
) -> None:
    assert says in correct(signed_in(cast.colleague), desk, (place, value))
    with tenant_scope(desk.tenant_id):
        assert not Answer.objects.exists()


def test_all_or_nothing_and_never_without_a_reason(cast: Cast, desk: Desk) -> None:
    clerk = signed_in(cast.colleague)
    correct(clerk, desk, (PLACE, "5010"), ("tax T1|account", "9999"))
    assert "Say why" in correct(clerk, desk, (PLACE, "5010"), reason=" ")
    assert "Nothing was changed." in correct(clerk, desk, (PLACE, ""))
    with tenant_scope(desk.tenant_id):
        assert not Answer.objects.exists()


def test_the_vendor_of_this_record_is_chosen(cast: Cast, desk: Desk) -> None:
    assert "Vendor corrected to tV1" in correct(signed_in(cast.colleague), desk, ("vendor", "tV1"))
    with tenant_scope(desk.tenant_id):
        assert Answer.objects.get().was == "S1"


def test_a_correction_is_corrected_and_taken_back(cast: Cast, desk: Desk) -> None:
    clerk = signed_in(cast.colleague)
    correct(clerk, desk, (PLACE, "5010"))
    hold(desk)
    correct(clerk, desk, (PLACE, "5020"))
    with tenant_scope(desk.tenant_id):
        assert Answer.objects.get(status="approved").was == "5010"
    hold(desk)
    back = {"do": "uncorrect", "place": PLACE, "reason": "It was right"}
    assert "Taken back" in clerk.post(f"/records/{item_of(desk).uuid}/work/", back, follow=True).content.decode()
    with tenant_scope(desk.tenant_id):
        assert set(Answer.objects.values_list("status", flat=True)) == {"withdrawn"}


def hold(desk: Desk) -> None:
    with tenant_scope(desk.tenant_id):
        OutboxItem.objects.update(state="held")


@pytest.mark.parametrize(
    ("role", "allowed"),
    [(Role.CLERK, True), (Role.INTEGRATOR, True), (Role.CONTROLLER, True), (Role.AUDITOR, False), (Role.OWNER, False)],
)
def test_who_works_on_records_corrects_them(cast: Cast, desk: Desk, role: Role, allowed: bool) -> None:
    user = person()
    join(user, cast.tenant, role)
    said = correct(signed_in(user), desk, (PLACE, "5010"))
    assert ("Corrected in 1 place" in said, "Your role may not do this" in said) == (allowed, not allowed)


@pytest.mark.parametrize("state", ["done", "out", "ignored", "uncertain"])
def test_what_is_not_open_is_not_corrected(cast: Cast, desk: Desk, state: str) -> None:
    with tenant_scope(desk.tenant_id):
        OutboxItem.objects.update(state=state)
    assert "faster" in correct(signed_in(cast.colleague), desk, (PLACE, "5010"))
