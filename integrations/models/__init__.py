"""Rows of the product: what is connected, what flows, what was seen, what is due, what a person must decide."""

from integrations.models.connection import Connection, PingResult
from integrations.models.flow import DueFlow, Flow, Heartbeat, Integration
from integrations.models.mapping import FieldMapping, GLMapping
from integrations.models.review import ReviewItem
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
    "Blocker",
    "Checkpoint",
    "Connection",
    "DueFlow",
    "FieldMapping",
    "Flow",
    "GLMapping",
    "Heartbeat",
    "Integration",
    "MirrorRecord",
    "MirrorState",
    "OutboxItem",
    "PingResult",
    "RecordLink",
    "ReviewItem",
    "SourceRecord",
    "SyncRun",
    "WriteIntent",
]
