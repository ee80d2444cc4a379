"""What review items are narrowed and sorted by, in a query and in the body of an act on everything that matches."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from integrations.api.describing import Query, Strict
from integrations.api.paging import UNKNOWN, coded, decoded, following, limit_of
from integrations.models import ReviewItem
from integrations.store import queue
from integrations.store.queue import ME, NOBODY, ORDERS
from tenants.models import Membership, Role

NEWEST = "newest"
_AMOUNT: Any = {"max_digits": 24, "decimal_places": 6, "min_value": 0, "required": False}


class Narrowed(Strict):
    """Which open items; what is left out does not narrow."""

    code = serializers.CharField(required=False, max_length=60)
    named = serializers.CharField(required=False, max_length=120, help_text="What the first reason waits for: 4471.")
    urgent = serializers.BooleanField(required=False, default=None, allow_null=True)
    owner = serializers.ChoiceField(
        choices=[(ME, "Mine"), *Role.choices], required=False, help_text="Whose work the reason is."
    )
    assignee = serializers.CharField(
        required=False, max_length=254, help_text=f"{ME}, {NOBODY}, or the address of a member."
    )
    integration = serializers.UUIDField(required=False)
    flow = serializers.UUIDField(required=False)
    entity = serializers.CharField(required=False, max_length=23)
    party = serializers.CharField(required=False, max_length=120, help_text="The supplier's key.")
    currency = serializers.CharField(required=False, max_length=10)
    least = serializers.DecimalField(**_AMOUNT, help_text="Amount from, without its sign.")
    most = serializers.DecimalField(**_AMOUNT, help_text="Amount to, without its sign.")
    due = serializers.DateField(required=False, help_text="To be paid by: the due date, or a discount's last day.")
    age = serializers.IntegerField(required=False, min_value=0, max_value=36_500, help_text="Days it has waited.")
    q = serializers.CharField(required=False, max_length=120, help_text="Any id, number, name or amount.")


class ReviewQuery(Query, Narrowed):
    """Which items; open ones unless said."""

    status = serializers.ChoiceField(choices=ReviewItem.Status.choices, required=False)
    order = serializers.ChoiceField(
        choices=[(NEWEST, "Newest first"), *((name, name) for name in ORDERS)],
        required=False,
        help_text="Of open items; risk: urgent, then by the day to pay by, then by amount.",
    )


class CauseQuery(Narrowed):
    """Of which items the causes are summed."""


def wanted(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The filters as the queue knows them: an address becomes its member's number. ValidationError for a stranger."""
    found = dict(asked)
    person = found.get("assignee")
    if person and person not in (ME, NOBODY):
        member = Membership.objects.filter(user__email=person.lower()).first()
        if member is None:
            raise ValidationError({"assignee": ["Nobody of this address is a member here."]})
        found["assignee"] = str(member.user_id)
    if found.get("urgent") is False:
        raise ValidationError({"urgent": ["Only true narrows; leave it out for all."]})
    return found


def ordered_page(rows: queue.Rows, request: Request, order: str) -> tuple[list[int], str | None]:
    """(ids, address of the next page or None) in an order of the queue. ValidationError for a bad cursor or limit."""
    cursor = request.query_params.get("cursor", "")
    place = decoded(cursor)
    if cursor and not queue.is_place(order, place):
        raise ValidationError(UNKNOWN)
    ids, after = queue.page_of(rows, order, place, limit_of(request))
    return ids, following(request, coded(after)) if after else None
