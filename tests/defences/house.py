"""A full tenant: rows of every tenant model, in every state that a page or an action tells apart.

Each model's texts carry a mark of their own, so that a leak names the model it comes from. A model that appears later
gets a generic row (`rows.fill`); one that cannot be filled raises.
"""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from audit.log import record
from audit.models import AuditEntry
from integrations.models import (
    AccountBalance,
    Alert,
    AlertChannel,
    AlertDelivery,
    Answer,
    ApiKey,
    BilledLine,
    Blocker,
    Checkpoint,
    CheckSwitch,
    Comment,
    Connection,
    ConnectionChange,
    FieldMapping,
    Flow,
    GLMapping,
    Integration,
    MappingChange,
    MappingPreview,
    MappingSet,
    MappingUpload,
    MirrorRecord,
    OutboxItem,
    PaymentPart,
    PaymentStep,
    PingResult,
    Plan,
    PlanLine,
    PreviewLine,
    ReconciliationSnapshot,
    ReconciliationStatement,
    RecordLink,
    ReviewItem,
    SettingChange,
    Settlement,
    SourceRecord,
    SyncRun,
    WebhookSubscription,
    WriteIntent,
)
from integrations.runner import setup
from integrations.store import statements
from integrations.systems import registry
from tenants.access import actor_of
from tenants.credentials import Sealed
from tenants.keys import make_key
from tenants.members import digest_of
from tenants.models import Invitation, KeyPurpose, Membership, Role, Tenant, TenantOwned, User
from tenants.scope import tenant_scope
from tests.defences.rows import fill, tenant_models

CODE = {"kind": "B", "value": "100", "number": "4000", "name": "What an account or a dimension's value says of itself"}
NOWHERE = "http://127.0.0.1:1"  # no operator has approved it: a ping ends before it begins


@dataclass(frozen=True)
class House:
    """What was made: rows by model, at least one of each; `token` opens the invitation."""

    tenant: Tenant
    owner: User
    mark: str
    token: str
    rows: dict[type[TenantOwned], list[Any]]

    def mark_of(self, model: type[TenantOwned]) -> str:
        """The text that stands in this model's rows and nowhere else."""
        return f"{self.mark}{tenant_models().index(model):02d}"

    def first(self, model: type[TenantOwned]) -> Any:
        return self.rows[model][0]


def furnish(tenant: Tenant, owner: User) -> House:
    """Fill the tenant. Raises when a model gets no row."""
    made: dict[type[TenantOwned], list[Any]] = {}
    mark = f"mk{uuid.uuid4().hex[:8]}"
    house = House(tenant, owner, mark, uuid.uuid4().hex, made)
    with tenant_scope(tenant.pk, actor=actor_of(owner)):
        _hearing(house)
        _integration(house)
        for flow in Flow.objects.all():
            _flow(house, flow)
        _settlements(house)
        _statements(house)
        _payments(house)
        _billed(house)
        _people(house)
        record("house.furnished", subject=house.mark_of(AuditEntry), detail={"name": house.mark_of(AuditEntry)})
    with tenant_scope(tenant.pk):
        fill(mark, owner)
        for model in tenant_models():
            made[model] = list(model.objects.order_by("pk"))
    empty = [model._meta.label for model, rows in made.items() if not rows]
    if empty:
        raise LookupError(f"No rows of {', '.join(empty)}: make some in tests/defences/house.py.")
    return house


def _connection(house: House, role: str) -> Connection:
    mark = house.mark_of(Connection)
    system = next(each for each in registry.systems().values() if each.role == role)
    plain = {s.name: NOWHERE if s.kind == "url" else s.default or f"{mark}x" for s in system.settings if not s.secret}
    secret = {s.name: f"{mark}s" for s in system.settings if s.secret}
    made: Connection = Connection.objects.create(
        name=f"{mark} {role}",
        system=system.key,
        environment="simulator",
        settings=plain,
        secrets=Sealed(secret),
        secrets_set={name: {"at": timezone.now().isoformat(), "by": mark} for name in secret},
        status=Connection.Status.BROKEN,
        status_message=mark,
        status_at=timezone.now(),
    )
    check = {"name": house.mark_of(PingResult), "verdict": "missing", "why": house.mark_of(PingResult), "advice": ""}
    PingResult.objects.create(connection=made, at=timezone.now(), seconds=1.0, green=False, checks=[check])
    MirrorRecord.objects.create(
        connection=made, entity="gl_account", target_id=uuid.uuid4().hex, kind="x", number="1", seen_at=timezone.now(),
        name=house.mark_of(MirrorRecord),
    )  # fmt: skip
    return made


def _hearing(house: House) -> None:
    """A connection whose system tells of changes; the first, so that it is its page which is opened."""
    mark = house.mark_of(Connection)
    system = next(each for each in registry.systems().values() if each.hooks)
    made = Connection.objects.create(
        settings={"username": f"{mark}x"}, secrets_set={"password": {"at": timezone.now().isoformat(), "by": mark}},
        name=f"{mark} hears", system=system.key, environment="simulator", secrets=Sealed({"password": mark}),
        status=Connection.Status.BROKEN, status_message=mark, status_at=timezone.now(),
    )  # fmt: skip
    check = {"name": house.mark_of(PingResult), "verdict": "missing", "why": house.mark_of(PingResult), "advice": ""}
    PingResult.objects.create(connection=made, at=timezone.now(), seconds=1.0, green=False, checks=[check])
    for status in ConnectionChange.Status.values:
        ConnectionChange.objects.create(
            connection=made, old={"username": "x"}, new={"username": f"{mark}x"}, status=status,
            reason=house.mark_of(ConnectionChange), made_at=timezone.now(),
        )  # fmt: skip
    WebhookSubscription.objects.create(
        connection=made, token_digest=uuid.uuid4().hex, secrets=Sealed({"token": f"{mark}s"}), due_at=timezone.now(),
        message=house.mark_of(WebhookSubscription),
    )  # fmt: skip


def _integration(house: House) -> None:
    erp, ap = _connection(house, "erp"), _connection(house, "ap")
    mark, systems = house.mark_of(Integration), registry.systems()
    joined = Integration.objects.create(name=mark, erp=erp, ap=ap, company=mark, company_name=mark)
    for wanted in setup.possible(systems[erp.system], systems[ap.system]):
        setup.add_flow(joined, wanted)
    Flow.objects.update(paused_reason=house.mark_of(Flow), enabled=False)
    rule = house.mark_of(GLMapping)
    for table in GLMapping.Table.values:
        part = "B" if table == GLMapping.Table.DIMENSION else ""
        GLMapping.objects.create(integration=joined, table=table, part=part, source=rule, target=rule, note=rule)
    FieldMapping.objects.create(integration=joined, source="dimensions.B", target=house.mark_of(FieldMapping))
    words = house.mark_of(FieldMapping)
    FieldMapping.objects.create(integration=joined, field="description", target=words, lookup=f"{words}=1")
    for status in MappingSet.Status.values:
        asked = MappingSet.objects.create(
            integration=joined, reason=house.mark_of(MappingSet), status=status, made_at=timezone.now()
        )
        source = {
            "table": "account",
            "company": "",
            "part": "",
            "source": house.mark_of(MappingChange),
            "valid_from": None,
        }
        MappingChange.objects.create(set=asked, rule=source, new={"target": "1", "valid_to": None, "note": ""})
        row = {"kind": "", "currency": "USD", "inbound": False, "before": "1", "after": "2"}
        accounts = [{**row, "name": house.mark_of(MappingPreview)}]
        kinds = {kind: {"count": 1, "amounts": {"USD": "1"}} for kind in PreviewLine.Kind.values}
        MappingPreview.objects.create(
            set=asked, status=MappingPreview.Status.READY, since=timezone.localdate(), made_at=timezone.now(),
            totals={"records": 1, "same": 1, "kinds": kinds, "accounts": accounts},
        )  # fmt: skip
    text = f"table,source,target\naccount,{house.mark_of(MappingUpload)},1\n"
    MappingUpload.objects.create(integration=joined, name="rules.csv", text=text, made_at=timezone.now())
    for status in SettingChange.Status.values:
        SettingChange.objects.create(
            integration=joined, name="rounding_account", old="", new="8030", reason=house.mark_of(SettingChange),
            effective_from=timezone.localdate(), status=status, made_at=timezone.now(),
        )  # fmt: skip
    Plan.objects.create(
        integration=joined, status=Plan.Status.READY, message=house.mark_of(Plan), made_at=timezone.now()
    )
    name = house.mark_of(ApiKey)
    ApiKey.objects.create(name=name, prefix=name[:16], hashed="-", scopes=["read"], made_by=house.owner)
    _alerts(house, joined)


def _alerts(house: House, joined: Integration) -> None:
    now, mark = timezone.now(), house.mark_of(Alert)
    alert = Alert.objects.create(
        kind="held", key=mark, code="x", integration=joined, entity="invoice", text=mark, path=f"/review/?code={mark}",
        first_seen=now, last_seen=now,
    )  # fmt: skip
    endpoint = AlertChannel.objects.create(
        name=house.mark_of(AlertChannel), url=NOWHERE, secrets=Sealed({"now": "whsec_AAAA"}), secret_at=now
    )
    for status in AlertDelivery.Status.values:
        AlertDelivery.objects.create(
            channel=endpoint, alert=alert, event=uuid.uuid4(), type="alert.raised", body=house.mark_of(AlertDelivery),
            status=status, next_at=now + timedelta(days=1), made_at=now, error=house.mark_of(AlertDelivery),
        )  # fmt: skip
    AlertChannel.objects.create(user=house.owner)  # after the endpoint, which is the one that has pages


def _flow(house: House, flow: Flow) -> None:
    now, mark = timezone.now(), house.mark_of(SyncRun)
    Checkpoint.objects.create(flow=flow, cursor=house.mark_of(Checkpoint), at=now)
    for kind in SyncRun.Kind.values:
        for status in SyncRun.Status.values:
            run = SyncRun.objects.create(
                flow=flow, kind=kind, status=status, started_at=now, taken=1, counts={"held": 1}, balanced=True,
                reasons={f"held:{mark}": 1}, amounts={"held": {"USD": "1.00"}}, error_message=mark,
            )  # fmt: skip
    for state in OutboxItem.State.values:
        _item(house, flow, run, state)


def _item(house: House, flow: Flow, run: SyncRun, state: str) -> None:
    """A record with everything that can hang on it."""
    now = timezone.now() - timedelta(minutes=5)
    seen, key = house.mark_of(SourceRecord), f"{house.mark_of(OutboxItem)}^{state}"
    source = SourceRecord.objects.create(
        flow=flow, source_key=key, fingerprint="f", snapshot={**CODE, "key": key, "description": seen}, first_seen=now,
        number=f"{seen} {state}", party=seen, party_name=seen, amount=Decimal("10.50"), currency="USD", changed_at=now,
    )  # fmt: skip
    item = OutboxItem.objects.create(
        flow=flow, source=source, source_key=key, state=state, not_before=now, reason="x", run=run, changed_at=now,
        message=house.mark_of(OutboxItem),
    )  # fmt: skip
    for outcome in ("created", "postponed", ""):
        WriteIntent.objects.create(
            item=item, run=run, revision=1, natural_key=house.mark_of(WriteIntent), digest="d", fingerprint="f",
            draft={"name": house.mark_of(WriteIntent)}, send_by=now, created_at=now, outcome=outcome,
            settled_at=now if outcome else None, evidence=[{"id": house.mark_of(WriteIntent)}],
        )  # fmt: skip
    held, why = state == OutboxItem.State.HELD, house.mark_of(ReviewItem)
    problems = [{"code": "x", "message": why, "field": "", "value": why, "urgent": True}]
    ReviewItem.objects.create(
        item=item, code=why, problems=problems, answer=why, urgent=True, opened_at=now,
        status=ReviewItem.Status.OPEN if held else ReviewItem.Status.RESOLVED,
        resolved_at=None if held else now, resolved_by=None if held else house.owner,
    )  # fmt: skip
    Comment.objects.create(item=item, author=house.owner, text=house.mark_of(Comment), made_at=now)
    Answer.objects.create(
        item=item, code="x", choice="create", reason=house.mark_of(Answer), fingerprint="f", made_at=now,
        status=Answer.Status.PROPOSED if held else Answer.Status.APPROVED, made_by=house.owner,
    )  # fmt: skip
    PlanLine.objects.create(
        plan=Plan.objects.get(), item=item, kind="create", digest="d", message=house.mark_of(PlanLine)
    )
    PreviewLine.objects.create(
        preview=MappingPreview.objects.earliest("id"), item=item, kind=PreviewLine.Kind.POSTED,
        before=house.mark_of(PreviewLine), after=house.mark_of(PreviewLine),
    )  # fmt: skip
    Blocker.objects.create(item=item, integration=flow.integration, kind="account", key=house.mark_of(Blocker))
    RecordLink.objects.create(
        integration=flow.integration, entity=flow.entity, inbound=flow.inbound, source_key=key,
        target_connection=flow.target, target_id=f"{house.mark_of(RecordLink)}{state}", fingerprint="f", schema=1,
        why=[house.mark_of(RecordLink)], linked_at=now,
    )  # fmt: skip


def _settlements(house: House) -> None:
    link, mark = RecordLink.objects.earliest("id"), house.mark_of(Settlement)
    for place, state in enumerate(Settlement.State.values):
        Settlement.objects.create(
            integration=link.integration, link=link, place=place, invoice=mark, number=mark, payment=mark, state=state,
            amount=Decimal("10.50"), currency="USD",
        )  # fmt: skip


def _statements(house: House) -> None:
    """A day's sums and a signed statement."""
    integration, now = Integration.objects.earliest("id"), timezone.now()
    AccountBalance.objects.create(
        integration=integration, part="cash", account=house.mark_of(AccountBalance), what="booked", currency="USD",
        here=Decimal("10.50"), there=Decimal("10.50"), state="agreed", since=now, read_at=now,
    )  # fmt: skip
    statements.make(integration, now, {}, house.mark_of(ReconciliationStatement), None, now.date())
    ReconciliationSnapshot.objects.create(
        integration=integration, day=now.date(), at=now, answer=house.mark_of(ReconciliationSnapshot)
    )


def _payments(house: House) -> None:
    """A payment with its way, and what it pays."""
    item, now = OutboxItem.objects.filter(flow__entity="payment", variant="").earliest("id"), timezone.now()
    place = {"flow": item.flow, "payment": item.source_key, "state": "cleared"}
    PaymentStep.objects.create(**place, state_word=house.mark_of(PaymentStep), at=now)
    PaymentPart.objects.create(
        **place, place=1, invoice=house.mark_of(PaymentPart), amount=Decimal("10.50"), currency="USD", changed_at=now
    )


def _billed(house: House) -> None:
    """What an invoice bills of an order."""
    source = SourceRecord.objects.select_related("flow").earliest("id")
    mark = house.mark_of(BilledLine)
    BilledLine.objects.create(flow=source.flow, source=source, place=0, order_number=mark, net=Decimal("10.50"))


def _people(house: House) -> None:
    make_key(KeyPurpose.CREDENTIALS)
    Membership.objects.create(user=house.owner, role=Role.AUDITOR)
    for status in CheckSwitch.Status.values:
        CheckSwitch.objects.create(
            off=status == CheckSwitch.Status.PROPOSED, reason=house.mark_of(CheckSwitch), status=status,
            made_at=timezone.now(), checked_at=timezone.now(),
        )  # fmt: skip
    Invitation.objects.create(
        email=f"{house.mark_of(Invitation)}@example.test",
        role=Role.CLERK,
        digest=digest_of(house.token),
        invited_by=house.owner,
        expires=timezone.now() + timedelta(days=1),
    )
