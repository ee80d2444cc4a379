"""Signed reconciliation statements: the chain, the signed file, its PDF, and having the next one made."""

from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint, place_of
from integrations.api.describing import Query, Strict, asked, described, given, page
from integrations.api.files import AsItIs
from integrations.api.paging import page_of
from integrations.models import Integration, ReconciliationStatement
from integrations.runner.snapshots import make_statement
from integrations.web import statements
from tenants.access import Place
from tenants.permissions import Act, Right


class StatementSerializer(serializers.Serializer[Any]):
    """A statement. `digest` is the hash of its content, `previous` that of the one before."""

    id = serializers.UUIDField(source="uuid")
    number = serializers.IntegerField()
    integration = serializers.UUIDField(source="integration.uuid")
    company = serializers.CharField(source="integration.company")
    as_of = serializers.DateTimeField(source="at")
    made_by = serializers.EmailField(source="made_by.email", allow_null=True, default=None)
    answer = serializers.CharField()
    records = serializers.IntegerField()
    unexplained = serializers.IntegerField()
    digest = serializers.CharField()
    previous = serializers.CharField(allow_blank=True)


class SignedSerializer(serializers.Serializer[Any]):
    """The signed file, byte for byte: keep it as it came, `manage.py verify_statement` proves it."""

    statement = serializers.DictField()
    hash = serializers.CharField()
    signature = serializers.CharField()
    public_key = serializers.CharField()


class StatementsQuery(Query):
    """Of which integration; all unless said."""

    integration = serializers.UUIDField(required=False)


class StatementBody(Strict):
    """Of which integration."""

    integration = serializers.UUIDField()


class Statements(Endpoint):
    """The statements, newest first; POST has the next one made and signed, of how both sides stand now."""

    acts = (Act.READ,)
    rights = frozenset({Right.YES})
    for_keys = True

    @described("statements", page(StatementSerializer), query=StatementsQuery)
    def get(self, request: Request) -> Response:
        wanted = asked(request, StatementsQuery)
        rows = ReconciliationStatement.objects.select_related("integration", "made_by").defer("document")
        if "integration" in wanted:
            rows = rows.filter(integration__uuid=wanted["integration"])
        found, after = page_of(rows, request)
        return Response({"results": StatementSerializer(found, many=True).data, "next": after})

    @described("make_statement", StatementSerializer, body=StatementBody, code=201)
    def post(self, request: Request) -> Response:
        uuid = given(request, StatementBody)["integration"]
        integration = get_object_or_404(Integration.objects.select_related("erp", "ap"), uuid=uuid)
        made = make_statement(integration, cast(Place, place_of(request)).person)
        return Response(StatementSerializer(made).data, status=201)


class SignedStatement(Endpoint):
    """The signed file of a statement."""

    content_negotiation_class = AsItIs

    @described("statement", SignedSerializer)
    def get(self, request: Request, uuid: UUID) -> HttpResponse:
        return statements.signed_file(_one(uuid))


class PrintedStatement(Endpoint):
    """A statement as PDF."""

    content_negotiation_class = AsItIs

    @described("statement_pdf", OpenApiTypes.BINARY, media="application/pdf")
    def get(self, request: Request, uuid: UUID) -> HttpResponse:
        return statements.printed_file(_one(uuid))


def _one(uuid: UUID) -> ReconciliationStatement:
    found: ReconciliationStatement = get_object_or_404(ReconciliationStatement, uuid=uuid)
    return found
