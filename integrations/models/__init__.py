"""Rows of the product: what is connected, what flows, what was seen, what is due, what a person must decide."""

from integrations.models.access import ApiKey, IdempotencyKey
from integrations.models.alert import Alert, AlertChannel, AlertDelivery, AlertKind
from integrations.models.check_switch import CheckSwitch
from integrations.models.connection import Connection, ConnectionChange, PingResult
from integrations.models.flow import DueFlow, Flow, Heartbeat, Integration
from integrations.models.hook import Hint, WebhookEvent, WebhookSubscription
from integrations.models.limit import HourlyUse
from integrations.models.mapping import FieldMapping, GLMapping, MappingRule
from integrations.models.mapping_preview import MappingPreview, PreviewLine
from integrations.models.mapping_set import MappingChange, MappingSet
from integrations.models.mapping_upload import MappingUpload
from integrations.models.order import BilledLine
from integrations.models.payment import PaymentPart, PaymentStep
from integrations.models.plan import Plan, PlanLine
from integrations.models.reconciliation import (
    AccountBalance,
    ReconciliationSnapshot,
    ReconciliationStatement,
    StatementKey,
)
from integrations.models.review import Answer, Comment, ReviewItem
from integrations.models.search import SearchTerm
from integrations.models.setting import SettingChange
from integrations.models.settlement import Settlement
from integrations.models.sync import (
    Blocker,
    Checkpoint,
    MirrorRecord,
    MirrorState,
    OutboxItem,
    RecordLink,
    SourceRecord,
    SyncRun,
    WriteIntent,
)

__all__ = [
    "AccountBalance",
    "Alert",
    "AlertChannel",
    "AlertDelivery",
    "AlertKind",
    "Answer",
    "ApiKey",
    "BilledLine",
    "Blocker",
    "CheckSwitch",
    "Checkpoint",
    "Comment",
    "Connection",
    "ConnectionChange",
    "DueFlow",
    "FieldMapping",
    "Flow",
    "GLMapping",
    "Heartbeat",
    "Hint",
    "HourlyUse",
    "IdempotencyKey",
    "Integration",
    "MappingChange",
    "MappingPreview",
    "MappingRule",
    "MappingSet",
    "MappingUpload",
    "MirrorRecord",
    "MirrorState",
    "OutboxItem",
    "PaymentPart",
    "PaymentStep",
    "PingResult",
    "Plan",
    "PlanLine",
    "PreviewLine",
    "ReconciliationSnapshot",
    "ReconciliationStatement",
    "RecordLink",
    "ReviewItem",
    "SearchTerm",
    "SettingChange",
    "Settlement",
    "SourceRecord",
    "StatementKey",
    "SyncRun",
    "WebhookEvent",
    "WebhookSubscription",
    "WriteIntent",
]
