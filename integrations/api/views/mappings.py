"""Mapping rules in force, and proposing a change of one."""

from typing import Any, cast

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Person, Query, Strict, asked, described, given, page
from integrations.api.paging import page_of
from integrations.api.refusing import refused
from integrations.api.views.mapping_sets import MappingSetSerializer
from integrations.engine.template import LONGEST, LONGEST_TABLE
from integrations.models import FieldMapping, GLMapping, Integration, MappingChange
from integrations.runner import mappings
from tenants.access import Place
from tenants.permissions import Act

Kind = MappingChange.Kind


class GLMappingSerializer(serializers.Serializer[Any]):
    """A rule in force: what comes, what it becomes, for which company and posting dates, and who approved it."""

    id = serializers.IntegerField(source="pk", help_text="The rule's number, as reasons of coding name it.")
    integration = serializers.UUIDField(source="integration.uuid")
    table = serializers.ChoiceField(choices=GLMapping.Table.choices)
    company = serializers.CharField()
    part = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    target = serializers.CharField()
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)
    note = serializers.CharField()
    version = serializers.IntegerField()
    made_by = Person("made_by")
    checked_by = Person("checked_by")
    changed_at = serializers.DateTimeField()


class FieldMappingSerializer(serializers.Serializer[Any]):
    """Where a code part goes (an empty target: it is not sent), or what text a field becomes."""

    id = serializers.IntegerField(source="pk", help_text="The rule's number, as reasons of texts name it.")
    integration = serializers.UUIDField(source="integration.uuid")
    entity = serializers.CharField()
    field = serializers.CharField(help_text="Such as description; empty for a code part.")
    source = serializers.CharField(help_text="Such as dimensions.B; empty for a field.")  # type: ignore[assignment]
    target = serializers.CharField(help_text="The kind of dimension, or the field's text with {names} in it.")
    lookup = serializers.CharField(help_text="A line value=text each, for {name|lookup}.")
    version = serializers.IntegerField()
    made_by = Person("made_by")
    checked_by = Person("checked_by")
    changed_at = serializers.DateTimeField()


class _Rule(Strict):
    integration = serializers.UUIDField()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=2000)
    remove = serializers.BooleanField(required=False, help_text="Take the rule out.")


class GLMappingBody(_Rule):
    """A rule as it should be. The fields up to `valid_from` say which rule it is."""

    table = serializers.ChoiceField(choices=GLMapping.Table.choices)
    company = serializers.CharField(required=False, allow_blank=True, max_length=20)
    part = serializers.CharField(required=False, allow_blank=True, max_length=20)
    source = serializers.CharField(max_length=60)  # type: ignore[assignment]
    valid_from = serializers.DateField(required=False, allow_null=True)
    target = serializers.CharField(required=False, allow_blank=True, max_length=60)
    valid_to = serializers.DateField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=200)


class FieldMappingBody(_Rule):
    """Where a code part (`source`) should go, or what text a `field` should become: name one of them.

    Entity, field and source say which rule it is.
    """

    entity = serializers.CharField(required=False, max_length=20, default="invoice")
    field = serializers.CharField(required=False, allow_blank=True, max_length=30, help_text="Such as description.")
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_blank=True, max_length=60, help_text="A code part, such as dimensions.B."
    )
    target = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST,
        help_text="A kind of dimension (empty: not sent), or a text such as Order {po_number|trim|upper}.",
    )
    lookup = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST_TABLE,
        help_text="A line value=text each, for {payment_term|lookup}; *=text for all others.",
    )


class RulesQuery(Query):
    """Which rules."""

    integration = serializers.UUIDField(required=False)
    source = serializers.CharField(required=False, max_length=60)  # type: ignore[assignment]


class _Rules(Endpoint):
    """Base of the two tables: rules in force to read, a change to propose."""

    acts = (Act.MAP,)
    for_keys = True

    def _listed(self, request: Request, model: Any, shape: Any) -> Response:
        wanted = asked(request, RulesQuery)
        rows = model.objects.filter(active=True).select_related("integration", "made_by", "checked_by")
        if "integration" in wanted:
            rows = rows.filter(integration__uuid=wanted["integration"])
        if "source" in wanted:
            rows = rows.filter(source=wanted["source"])
        found, after = page_of(rows, request)
        return Response({"results": shape(found, many=True).data, "next": after})

    def _proposed(self, request: Request, kind: str, shape: type[Strict]) -> Response:
        body = given(request, shape)
        integration = get_object_or_404(Integration, uuid=body["integration"])
        with refused(mappings.Refused):
            wish = mappings.wish(kind, body, remove=body.get("remove", False))
            place = cast(Place, place_of(request))
            made = mappings.propose(place, integration, [wish], reason=body.get("reason", ""))
        return Response(MappingSetSerializer(made).data, status=201)


class GLMappings(_Rules):
    """Rules for accounts, tax codes and dimension values; a change is proposed and waits for a second person."""

    @described("gl_mappings", page(GLMappingSerializer), query=RulesQuery)
    def get(self, request: Request) -> Response:
        return self._listed(request, GLMapping, GLMappingSerializer)

    @described("propose_gl_mapping", MappingSetSerializer, body=GLMappingBody, code=201)
    def post(self, request: Request) -> Response:
        return self._proposed(request, Kind.GL, GLMappingBody)


class FieldMappings(_Rules):
    """Where code parts go and how texts are worded; a change is proposed and waits for a second person."""

    @described("field_mappings", page(FieldMappingSerializer), query=RulesQuery)
    def get(self, request: Request) -> Response:
        return self._listed(request, FieldMapping, FieldMappingSerializer)

    @described("propose_field_mapping", MappingSetSerializer, body=FieldMappingBody, code=201)
    def post(self, request: Request) -> Response:
        return self._proposed(request, Kind.FIELD, FieldMappingBody)
