"""The rows a sync leaves behind: runs, cursors, what was seen, what is due, what is being written, what is linked."""

import uuid

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from integrations.models.connection import Connection
from integrations.models.flow import Flow, Integration
from tenants.models import TenantOwned


class SyncRun(TenantOwned):
    """One execution of a flow's poll or push. `counts` are outcomes by name; they must add up to `taken`.

    A poll balances read = staged + unchanged + repeated; a push claimed = the sum of its outcomes. `taken` is counted
    where rows leave the transport or the queue, `counts` by SQL over stored rows. A sweep is a poll that reads
    everything anew after an ordinary one: what it stages, that one had missed.
    """

    class Kind(models.TextChoices):
        """What the run did."""

        POLL = "poll", "Read"
        PUSH = "push", "Write"
        SWEEP = "sweep", "Sweep"

    class Status(models.TextChoices):
        """How it stands."""

        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    flow = models.ForeignKey(Flow, models.CASCADE, related_name="runs", db_constraint=False, db_index=False)
    kind = models.CharField(max_length=5, choices=Kind)
    status = models.CharField(max_length=8, choices=Status, default=Status.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    taken = models.BigIntegerField(default=0)
    counts = models.JSONField(default=dict)
    reasons = models.JSONField(default=dict)  # out reasons -> count
    amounts = models.JSONField(default=dict)  # outcome -> {currency: exact amount as text}
    balanced = models.BooleanField(null=True)
    slices = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.TextField(blank=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "uuid"], name="run_uuid")]
        indexes = [models.Index("tenant", "flow", models.F("started_at").desc(), name="run_latest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class Checkpoint(TenantOwned):
    """How far a flow has read; moves in the transaction that stages the page it stands for."""

    flow = models.ForeignKey(Flow, models.CASCADE, related_name="checkpoints", db_constraint=False, db_index=False)
    cursor = models.TextField(blank=True)
    complete = models.BooleanField(default=False)  # the scan that ended at this cursor was whole
    at = models.DateTimeField()
    swept_at = models.DateTimeField(null=True)  # the last whole scan that read everything anew
    sweep_cursor = models.TextField(blank=True)  # of the sweep under way
    sweep = models.PositiveIntegerField(default=0)  # its number; stamped on every row it sees

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "flow"], name="checkpoint_once")]

    def __str__(self) -> str:
        return self.cursor[:40]


class SourceRecord(TenantOwned):
    """What we last saw of a source record: mapped fields as `snapshot`, and what lists and searches need as columns."""

    flow = models.ForeignKey(Flow, models.CASCADE, related_name="sources", db_constraint=False, db_index=False)
    source_key = models.CharField(max_length=120, db_collation="C")
    version = models.CharField(max_length=120, blank=True)
    fingerprint = models.CharField(max_length=32)
    schema = models.PositiveSmallIntegerField(default=1)
    readable = models.BooleanField(default=True)
    snapshot = models.JSONField()
    number = models.CharField(max_length=120, blank=True)
    party = models.CharField(max_length=120, blank=True)
    party_name = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    currency = models.CharField(max_length=10, blank=True)
    due_date = models.DateField(null=True)
    dated = models.DateField(null=True)  # an invoice's own date
    plain = models.CharField(max_length=120, blank=True, db_collation="C")  # the number as duplicates are compared
    tax_key = models.CharField(max_length=32, blank=True, db_collation="C")  # keyed hash of a supplier's tax id
    first_seen = models.DateTimeField()
    changed_at = models.DateTimeField()
    last_seen_scan = models.PositiveIntegerField(default=0)  # number of the last sweep that saw it
    gone_since = models.DateTimeField(null=True)  # a sweep did not see it, and a read by its key found nothing
    gone = models.BooleanField(default=False)  # the next sweep neither: it is decided as Gone

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "flow", "source_key"], name="source_once")]
        indexes = [
            models.Index("tenant", "flow", "party", "plain", name="source_alike", condition=~models.Q(plain="")),
            models.Index("tenant", "flow", "tax_key", name="source_tax", condition=~models.Q(tax_key="")),
        ]

    def __str__(self) -> str:
        return f"{self.number or self.source_key}"


class MirrorRecord(TenantOwned):
    """What is on a target, as last listed: enough to map to it, to match and to notice drift."""

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="mirror", db_constraint=False, db_index=False
    )
    entity = models.CharField(max_length=20)
    target_id = models.CharField(max_length=64, db_collation="C")
    kind = models.CharField(max_length=40, blank=True)
    number = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=200, blank=True)
    active = models.BooleanField(default=True)
    vendor_id = models.CharField(max_length=64, blank=True, db_collation="C")
    postal_code = models.CharField(max_length=20, blank=True, db_default="")  # a vendor's
    amount = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    currency = models.CharField(max_length=10, blank=True)
    dated = models.DateField(null=True)
    standing = models.CharField(max_length=20, blank=True)  # how far the money of a bill has moved
    open_amount = models.DecimalField(max_digits=24, decimal_places=6, null=True)  # of an invoice in the books
    seen_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "connection", "entity", "target_id"], name="mirror_once"),
        ]
        indexes = [models.Index("tenant", "connection", "entity", "vendor_id", name="mirror_vendor")]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class MirrorState(TenantOwned):
    """Up to when the mirror of an entity is whole: everything that changed before `whole_at` has been listed."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    entity = models.CharField(max_length=20)
    whole_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "connection", "entity"], name="mirror_state_once")]

    def __str__(self) -> str:
        return f"{self.entity} {self.whole_at}"


class OutboxItem(TenantOwned):
    """One row for life per source record of a flow: where it stands on its way to the other side.

    In flight is not a state: it is an unsettled WriteIntent. `revision` grows with new content; a settle sets `done`
    only for the revision it wrote. `run` and `outcome` are the last push run that claimed it and what came of it.
    `variant` is "" but where one source record becomes several on the target: a vendor's further currency, an
    instalment. An ignored item wakes when its content differs from `ignored_fingerprint` or `until` has passed.
    """

    class State(models.TextChoices):
        """Where the record stands."""

        READY = "ready", "Ready"
        WAITING = "waiting", "Waiting"
        HELD = "held", "Needs you"
        UNCERTAIN = "uncertain", "Being looked up"
        DONE = "done", "Done"
        IGNORED = "ignored", "Ignored"
        OUT = "out", "Out of scope"

    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    flow = models.ForeignKey(Flow, models.CASCADE, related_name="items", db_constraint=False, db_index=False)
    source = models.ForeignKey(SourceRecord, models.CASCADE, related_name="items", db_constraint=False, db_index=False)
    source_key = models.CharField(max_length=120, db_collation="C")
    variant = models.CharField(max_length=20, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    not_before = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    lost_workers = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=60, blank=True)
    message = models.TextField(blank=True)
    notes = models.JSONField(default=list)  # what a person may want to know and need not act on: {code, message}
    until = models.DateTimeField(null=True)
    ignored_fingerprint = models.CharField(max_length=32, blank=True)
    run = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, related_name="items", db_constraint=False, db_index=False
    )
    outcome = models.CharField(max_length=12, blank=True)
    changed_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["tenant", "flow", "source_key", "variant"], name="item_once"),
            models.UniqueConstraint(fields=["tenant", "uuid"], name="item_uuid"),
            models.UniqueConstraint(fields=["tenant", "source", "variant"], name="item_source"),
        ]
        indexes = [
            models.Index("tenant", "flow", "not_before", "id", name="item_ready", condition=models.Q(state="ready")),
            models.Index("tenant", "flow", "state", name="item_state"),
            models.Index("tenant", "run", "outcome", name="item_run"),
            models.Index("tenant", "until", name="item_until", condition=models.Q(state="ignored")),
        ]

    def __str__(self) -> str:
        return f"{self.source_key} {self.state}"


class WriteIntent(TenantOwned):
    """What we are about to write, committed before the first byte; at most one unsettled per item.

    `digest` is the hash of the draft; `outcome` is empty until it is settled, refused, postponed or held as uncertain.
    """

    item = models.ForeignKey(OutboxItem, models.CASCADE, related_name="intents", db_constraint=False, db_index=False)
    run = models.ForeignKey(
        SyncRun, models.SET_NULL, null=True, related_name="intents", db_constraint=False, db_index=False
    )
    revision = models.PositiveIntegerField()
    natural_key = models.CharField(max_length=300)
    target_id = models.CharField(max_length=64, blank=True, db_collation="C")  # "" for a create
    target_version = models.CharField(max_length=120, blank=True)
    variant = models.CharField(max_length=20, blank=True)
    digest = models.CharField(max_length=32)
    draft = models.JSONField()
    fingerprint = models.CharField(max_length=32)
    why = models.JSONField(default=list)
    rules_version = models.CharField(max_length=100, blank=True)
    send_by = models.DateTimeField()
    created_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True)
    looks = models.PositiveSmallIntegerField(default=0)  # live look-ups that found nothing
    look_at = models.DateTimeField(null=True)  # when the resolver looks next; null while nobody lost the answer
    evidence = models.JSONField(default=list)
    job = models.CharField(max_length=120, blank=True, db_default="")  # what the other side took it as, to be asked for

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "item"], name="intent_one_open", condition=models.Q(settled_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.natural_key


class Blocker(TenantOwned):
    """What a waiting or held item needs; supplying it deletes the row and frees the item in the same transaction.

    What the item is worth is kept with it as it was decided, so that a hundred thousand of them are added up at once.
    Of an item that needs several things, `leads` marks the one that stands for it in the whole.
    """

    item = models.ForeignKey(OutboxItem, models.CASCADE, related_name="blockers", db_constraint=False, db_index=False)
    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="blockers", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=24, decimal_places=6, null=True)
    currency = models.CharField(max_length=10, blank=True, db_default="")
    due_date = models.DateField(null=True)
    since = models.DateTimeField(default=timezone.now, db_default=Now())
    leads = models.BooleanField(default=True, db_default=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "item", "kind", "key"], name="blocker_once")]
        indexes = [
            models.Index(
                fields=["tenant", "integration", "kind", "key"],
                include=["currency", "amount", "due_date", "since", "leads", "item"],
                name="blocker_sums",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class RecordLink(TenantOwned):
    """This source record is that target record, as of a fingerprint; keeps what was sent.

    `made_by` says whether we created the target record, matched it (with `score` of 100), or a person linked it.
    """

    class MadeBy(models.TextChoices):
        """How the link came to be."""

        CREATED = "created", "Created by this integration"
        MATCHED = "matched", "Matched"
        PERSON = "person", "Linked by a person"

    integration = models.ForeignKey(
        Integration, models.CASCADE, related_name="links", db_constraint=False, db_index=False
    )
    entity = models.CharField(max_length=20)
    inbound = models.BooleanField(default=False)
    source_key = models.CharField(max_length=120, db_collation="C")
    variant = models.CharField(max_length=20, blank=True)
    target_connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="links", db_constraint=False, db_index=False
    )
    target_id = models.CharField(max_length=64, db_collation="C")
    target_version = models.CharField(max_length=120, blank=True)
    fingerprint = models.CharField(max_length=32)
    schema = models.PositiveSmallIntegerField()
    echo = models.JSONField(default=dict)
    sent = models.JSONField(null=True)  # the draft as last written; null for an adopted record
    made_by = models.CharField(max_length=8, choices=MadeBy, default=MadeBy.CREATED)
    score = models.PositiveSmallIntegerField(null=True)
    why = models.JSONField(default=list)
    linked_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "integration", "entity", "inbound", "source_key", "variant"], name="link_once"
            ),
            models.UniqueConstraint(
                fields=["tenant", "target_connection", "entity", "target_id"],
                name="link_target_once",
                condition=models.Q(entity__in=["invoice", "payment"]),
            ),
        ]
        indexes = [models.Index("tenant", "target_connection", "entity", "target_id", name="link_target")]

    def __str__(self) -> str:
        return f"{self.source_key} → {self.target_id}"
