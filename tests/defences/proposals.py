"""Defence: what takes two people, by every way in. Each proposal knows how it is made, approved and seen in force."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.utils import timezone

from integrations.engine.asking import ARCHIVE, CREATE_ANYWAY, UPDATE
from integrations.engine.errors import Choice
from integrations.engine.reversals import RELEASE
from integrations.models import (
    Answer,
    ApiKey,
    CheckSwitch,
    Connection,
    ConnectionChange,
    GLMapping,
    MappingChange,
    MappingSet,
    RecordLink,
    ReviewItem,
    SettingChange,
)
from integrations.store import access
from tenants.members import needs_check
from tenants.models import Invitation
from tenants.scope import tenant_scope
from tests.defences.stranger import ask
from tests.defences.table import CONFIGURE, CONNECT, MEMBERS, OVERRIDE, PAYEE, UNCHECK
from tests.integrations.factories import Desk, connect

Row = Any
PAYEE_CHANGE = Choice("send", "Send the change", "payee")


@dataclass(frozen=True)
class Proposal:
    """`make` asks for it and returns the row that was made, or None; `approve` tries to let that take force."""

    name: str
    row: str
    make: Callable[[Client, Desk], Row]
    approve: Callable[[Client, Desk, Row], Any]
    in_force: Callable[[Desk, Row], bool]
    part: str = ""
    trial: bool = True  # somebody alone on simulators does it alone
    keyed: bool = True  # by the API a key may do it where its column says so; undoing is nothing for a program


def _scope(desk: Desk) -> Any:
    return tenant_scope(desk.tenant_id)


def _found(desk: Desk, model: Any, **where: Any) -> Row:
    with _scope(desk):
        return model.objects.filter(**where).order_by("-pk").first()


def _decided(path: str) -> Callable[[Client, Desk, Row], Any]:
    """By the page: `do=approve`. By the API: an address of its own."""
    if path.startswith("/api/"):
        return lambda client, desk, row: ask(client, "post", path.format(row.uuid))
    return lambda client, desk, row: ask(client, "post", path.format(row.uuid), {"do": "approve"})


# Settings


def _setting(way: str) -> Callable[[Client, Desk], Row]:
    def make(client: Client, desk: Desk) -> Row:
        with _scope(desk):
            SettingChange.objects.filter(status="proposed").update(status="withdrawn")
        value, where = uuid.uuid4().hex[:8], desk.integration.uuid
        if way == "page":
            data = {"rounding_account": value, "reason": "tried"}
            ask(client, "post", f"/integrations/{where}/settings/change/?name=rounding_account", data)
        else:
            data = {"name": "rounding_account", "value": value, "reason": "tried"}
            ask(client, "post", f"/api/v1/integrations/{where}/settings/", data)
        return _found(desk, SettingChange, new=value)

    return make


def _setting_counts(desk: Desk, row: Row) -> bool:
    return bool(_found(desk, SettingChange, pk=row.pk).status == "approved")


# Mappings


def _mapping(path: str) -> Callable[[Client, Desk], Row]:
    def make(client: Client, desk: Desk) -> Row:
        source = uuid.uuid4().hex[:8]
        where = desk.integration.pk if path.startswith("/admin/") else desk.integration.uuid
        rule = {"integration": str(where), "table": "account", "source": source, "target": "1"}
        ask(client, "post", path, {**rule, "reason": "tried"})
        change = _found(desk, MappingChange, rule__source=source)
        return _found(desk, MappingSet, pk=change.set_id) if change else None

    return make


def _mapping_counts(desk: Desk, row: Row) -> bool:
    with _scope(desk):
        sources = [change.rule["source"] for change in MappingChange.objects.filter(set=row.pk)]
        return bool(GLMapping.objects.filter(source__in=sources, active=True).exists())


def _undoing(path: str) -> Callable[[Client, Desk], Row]:
    """A set in force is to be undone. The row is the set that undoes it."""

    def make(client: Client, desk: Desk) -> Row:
        rule = {"table": "account", "company": "", "part": "", "source": uuid.uuid4().hex[:8], "valid_from": None}
        with _scope(desk):
            made = GLMapping.objects.create(integration=desk.integration, **rule, target="1")
            done = MappingSet.objects.create(integration=desk.integration, made_at=timezone.now(), status="approved")
            new = {"target": "1", "valid_to": None, "note": ""}
            MappingChange.objects.create(set=done, rule=rule, new=new, row=made.pk, version=1)
        ask(client, "post", path.format(done.uuid), {"do": "undo"} if path.startswith("/mappings/") else None)
        return _found(desk, MappingSet, undoes=done)

    return make


def _undone(desk: Desk, row: Row) -> bool:
    with _scope(desk):
        sources = [change.rule["source"] for change in MappingChange.objects.filter(set=row.pk)]
        return bool(sources) and not GLMapping.objects.filter(source__in=sources, active=True).exists()


# Answers


def _held(desk: Desk, choice: Choice, amount: str) -> ReviewItem:
    item = desk.record("held", code="x", amount=amount, choices=((choice.key, choice.label, choice.act),))
    found: ReviewItem = _found(desk, ReviewItem, item=item)
    return found


def _answer(choice: Choice, way: str) -> Callable[[Client, Desk], Row]:
    def make(client: Client, desk: Desk) -> Row:
        review, said = _held(desk, choice, "100.00"), {"choice": choice.key, "reason": "tried"}
        if way == "page":
            ask(client, "post", f"/records/{_item(desk, review).uuid}/work/", {**said, "do": "answer", "code": "x"})
        else:
            ask(client, "post", f"/api/v1/review-items/{review.uuid}/resolve/", said)
        return _found(desk, Answer, item_id=review.item_id)

    return make


def _ignore(way: str) -> Callable[[Client, Desk], Row]:
    def make(client: Client, desk: Desk) -> Row:
        review = _held(desk, UPDATE, "1000.01")
        if way == "page":
            ask(client, "post", f"/records/{_item(desk, review).uuid}/work/", {"do": "ignore", "reason": "tried"})
        else:
            ask(client, "post", f"/api/v1/review-items/{review.uuid}/ignore/", {"reason": "tried"})
        return _found(desk, Answer, item_id=review.item_id)

    return make


def _unlink(client: Client, desk: Desk) -> Row:
    item = desk.record("done")
    link = _found(desk, RecordLink, source_key=item.source_key)
    data = {"do": "unlink", "target": link.target_id, "reason": "tried"}
    ask(client, "post", f"/records/{item.uuid}/work/", data)
    return _found(desk, Answer, item=item)


def _item(desk: Desk, review: ReviewItem) -> Any:
    with _scope(desk):
        return ReviewItem.objects.select_related("item").get(pk=review.pk).item


def _agreed(client: Client, desk: Desk, row: Row) -> Any:
    """By the API, where an answer is named with its review item."""
    review = _found(desk, ReviewItem, item_id=row.item_id)
    return ask(client, "post", f"/api/v1/review-items/{review.uuid}/approve/", {"answer": str(row.uuid)})


def _answer_counts(desk: Desk, row: Row) -> bool:
    return bool(_found(desk, Answer, pk=row.pk).status == "approved")


# Keys, controllers, the second person itself


def _key(client: Client, desk: Desk) -> Row:
    name = uuid.uuid4().hex[:8]
    ask(client, "post", "/settings/keys/", {"name": name, "scopes": "read"})
    return _found(desk, ApiKey, name=name)


def _key_counts(desk: Desk, row: Row) -> bool:
    return _found(desk, ApiKey, pk=row.pk).checked_at is not None


def _controller(client: Client, desk: Desk) -> Row:
    email = f"{uuid.uuid4().hex[:8]}@example.test"
    ask(client, "post", "/settings/members/invite/", {"email": email, "role": "controller"})
    return _found(desk, Invitation, email=email)


def _controller_counts(desk: Desk, row: Row) -> bool:
    with _scope(desk):
        return not needs_check(Invitation.objects.get(pk=row.pk))


def _let_in(client: Client, desk: Desk, row: Row) -> Any:
    return ask(client, "post", f"/settings/invitations/{row.pk}/approve/")


def _switch(path: str) -> Callable[[Client, Desk], Row]:
    def make(client: Client, desk: Desk) -> Row:
        with _scope(desk):
            CheckSwitch.objects.all().delete()
        ask(client, "post", path, {"off": True, "reason": "tried"})
        return _found(desk, CheckSwitch, off=True)

    return make


def _switch_counts(desk: Desk, row: Row) -> bool:
    return bool(_found(desk, CheckSwitch, pk=row.pk).status == "approved")


# Where a connection leads

FIELDS = {
    "environment": "sandbox", "credential_kind": "sync_token", "username": "ml-connector", "search_lag": "30",
    "max_lines": "100", "max_number_length": "100",
}  # fmt: skip


def _company(way: str) -> Callable[[Client, Desk], Row]:
    """Another organisation for a connection that stands. The row is the change."""

    def make(client: Client, desk: Desk) -> Row:
        with _scope(desk):
            secrets_set = {name: {"at": "2026-03-03T10:00:00+00:00", "by": "x"} for name in ("dev_key", "password")}
            row = connect(
                "ap", uuid.uuid4().hex[:8], environment="sandbox", settings={**FIELDS, "organization_id": "00801OLD"},
                secrets_set=secrets_set,
            )  # fmt: skip
        if way == "page":
            typed = {**FIELDS, "name": row.name, "organization_id": "00802NEW", "change_reason": "tried"}
            ask(client, "post", f"/connections/{row.uuid}/edit/", typed)
        else:
            data = {"settings": {"organization_id": "00802NEW"}, "reason": "tried"}
            ask(client, "post", f"/api/v1/connections/{row.uuid}/settings/", data)
        return _found(desk, ConnectionChange, connection=row)

    return make


def _company_counts(desk: Desk, row: Row) -> bool:
    return bool(_found(desk, Connection, pk=row.connection_id).settings["organization_id"] == "00802NEW")


def _new_connection(client: Client, desk: Desk) -> Row:
    """The row is the connection."""
    name, secrets = uuid.uuid4().hex[:8], {"dev_key": "a-developer-key", "password": "a-password"}
    data = {**FIELDS, **secrets, "name": name, "organization_id": "00802NEW"}
    ask(client, "post", "/connections/add/bill/", data)
    return _found(desk, Connection, name=name)


def _let_out(client: Client, desk: Desk, row: Row) -> Any:
    change = _found(desk, ConnectionChange, connection=row)
    return ask(client, "post", f"/connections/changes/{change.uuid}/", {"do": "approve"})


def _open_now(desk: Desk, row: Row) -> bool:
    return not _found(desk, Connection, pk=row.pk).closed


LEADS, API_LEADS = _decided("/connections/changes/{}/"), _decided("/api/v1/connection-changes/{}/approve/")
SETTING, CHANGE = _decided("/settings/changes/{}/"), _decided("/api/v1/setting-changes/{}/approve/")
SET, API_SET = _decided("/mappings/sets/{}/"), _decided("/api/v1/mapping-sets/{}/approve/")
AGREE = _decided("/answers/{}/")
SECOND, API_SECOND = _decided("/settings/second-person/{}/"), _decided("/api/v1/second-person/{}/approve/")
PROPOSALS = (
    Proposal("a connection's company on its page", CONNECT, _company("page"), LEADS, _company_counts),
    Proposal("a connection's company by the API", CONNECT, _company("api"), API_LEADS, _company_counts),
    Proposal("a new connection on its page", CONNECT, _new_connection, _let_out, _open_now),
    Proposal("a setting on its page", CONFIGURE, _setting("page"), SETTING, _setting_counts),
    Proposal("a setting by the API", CONFIGURE, _setting("api"), CHANGE, _setting_counts),
    Proposal(
        "a mapping on its page", CONFIGURE, _mapping("/mappings/rule/?kind=gl"), SET, _mapping_counts, part="mappings"
    ),
    Proposal(
        "a mapping by the API", CONFIGURE, _mapping("/api/v1/gl-mappings/"), API_SET, _mapping_counts, part="mappings"
    ),
    Proposal(
        *("a mapping in the admin", CONFIGURE, _mapping("/admin/integrations/glmapping/add/"), SET, _mapping_counts),
        part="mappings",
    ),
    Proposal("an override on the record's page", OVERRIDE, _answer(CREATE_ANYWAY, "page"), AGREE, _answer_counts),
    Proposal("an override by the API", OVERRIDE, _answer(CREATE_ANYWAY, "api"), _agreed, _answer_counts),
    Proposal("ignoring a large one on its page", OVERRIDE, _ignore("page"), AGREE, _answer_counts),
    Proposal("ignoring a large one by the API", OVERRIDE, _ignore("api"), _agreed, _answer_counts),
    Proposal("an unlinking on the record's page", OVERRIDE, _unlink, AGREE, _answer_counts),
    Proposal("a payee change on the record's page", PAYEE, _answer(PAYEE_CHANGE, "page"), AGREE, _answer_counts),
    Proposal("a payee change by the API", PAYEE, _answer(PAYEE_CHANGE, "api"), _agreed, _answer_counts),
    Proposal("archiving on the record's page", OVERRIDE, _answer(ARCHIVE, "page"), AGREE, _answer_counts),
    Proposal("archiving by the API", OVERRIDE, _answer(ARCHIVE, "api"), _agreed, _answer_counts),
    Proposal("a reversal voucher on the record's page", PAYEE, _answer(RELEASE, "page"), AGREE, _answer_counts),
    Proposal("a reversal voucher by the API", PAYEE, _answer(RELEASE, "api"), _agreed, _answer_counts),
    Proposal(
        "undoing mappings on their page", CONFIGURE, _undoing("/mappings/sets/{}/"), SET, _undone, part="mappings"
    ),
    Proposal(
        *("undoing mappings by the API", CONFIGURE, _undoing("/api/v1/mapping-sets/{}/undo/"), API_SET, _undone),
        part="mappings",
        keyed=False,
    ),
    Proposal("an API key on its page", MEMBERS, _key, _decided("/settings/keys/{}/"), _key_counts),
    Proposal("a controller on the members page", MEMBERS, _controller, _let_in, _controller_counts),
    Proposal(
        *("the second person off on its page", UNCHECK, _switch("/settings/second-person/"), SECOND, _switch_counts),
        trial=False,
    ),
    Proposal(
        *("the second person off by the API", UNCHECK, _switch("/api/v1/second-person/"), API_SECOND, _switch_counts),
        trial=False,
    ),
)


def key_of(cast: Any, owner: Any) -> Client:
    """A program with every scope, whose key `owner` has made and nobody has to look at any more."""
    place = cast.place(owner)
    with place.scope():
        row, text = access.make(place, "a program", list(access.SCOPES))
        ApiKey.objects.filter(pk=row.pk).update(checked_at=row.made_at)
    return Client(SERVER_NAME="127.0.0.1", HTTP_AUTHORIZATION=f"Api-Key {text}", raise_request_exception=False)
