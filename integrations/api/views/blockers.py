"""What holds records up now: each missing thing with what it holds and what may supply it."""

from typing import Any
from urllib.parse import urlencode

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint
from integrations.api.describing import Query, asked, described, page
from integrations.api.paging import limit_of
from integrations.store import blocking
from integrations.store.suggested import joined_integrations
from integrations.web.missing import KINDS, place_from, place_words, rows_of


class SuggestionSerializer(serializers.Serializer[Any]):
    """A code of the other side that may be the one; nothing takes it but a proposed rule. `score` of 200 and more."""

    target = serializers.CharField(source="candidate.key", help_text="What a rule, or a link, names it by.")
    number = serializers.CharField(source="candidate.number")
    name = serializers.CharField(source="candidate.name")
    why = serializers.CharField()
    score = serializers.IntegerField(help_text="Higher is surer; 200 and more: the same number.")


class BlockingSerializer(serializers.Serializer[Any]):
    """One missing thing. Amounts by currency are exact text and never added together."""

    integration = serializers.UUIDField(source="integration.uuid")
    kind = serializers.CharField(source="need.kind", help_text="account, dimension:B, part, tax_code, vendor ...")
    key = serializers.CharField(source="need.key")
    name = serializers.CharField(source="known.name", help_text="As the ERP calls it, where it was read.")
    records = serializers.IntegerField(source="need.records")
    amounts = serializers.DictField(source="need.amounts", child=serializers.CharField())
    earliest_due = serializers.DateField(source="need.due", allow_null=True)
    since = serializers.DateTimeField(source="need.since")
    why = serializers.CharField(source="need.why")
    suggestions = SuggestionSerializer(many=True)


class BlockersQuery(Query):
    """Which missing things."""

    cursor = serializers.CharField(required=False, max_length=2000, help_text="From `next` of the page before.")
    integration = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(
        choices=list(KINDS), required=False, help_text="dimension: every code part's values."
    )


class Blockers(Endpoint):
    """What is missing, the most money in any one currency first."""

    @described("blockers", page(BlockingSerializer), query=BlockersQuery)
    def get(self, request: Request) -> Response:
        wanted = asked(request, BlockersQuery)
        limit = limit_of(request)
        joined = list(joined_integrations())
        chosen: dict[str, Any] = {"kind": wanted.get("kind", "")}
        if uuid := wanted.get("integration"):
            chosen["integration"] = next((row.pk for row in joined if row.uuid == uuid), 0)
        after = place_from(wanted["cursor"]) if "cursor" in wanted else None
        if "cursor" in wanted and after is None:
            raise ValidationError({"cursor": ["Use the address that `next` gave, unchanged."]})
        found, _ = blocking.look(limit + 1, **chosen, after=after)
        following = None
        if len(found) > limit:
            query = {**request.query_params.dict(), "cursor": place_words(found[limit - 1].place)}
            following = f"{request.build_absolute_uri(request.path)}?{urlencode(query)}"
        rows = rows_of(found[:limit], joined)
        return Response({"results": BlockingSerializer(rows, many=True).data, "next": following})
