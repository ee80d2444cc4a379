"""The settlement list: what was paid, by voucher or not, and what of it the ERP has not settled yet."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.api.base import Endpoint
from integrations.api.describing import Query, asked, described, page
from integrations.api.paging import page_of
from integrations.models import Settlement
from integrations.web.settlements import narrowed

_MONEY: dict[str, Any] = {"max_digits": 24, "decimal_places": 6, "normalize_output": True}


class SettlementSerializer(serializers.Serializer[Any]):
    """An invoice that a payment paid. Amounts are exact text, in `currency`; of a credit they are negative."""

    integration = serializers.UUIDField(source="integration.uuid")
    company = serializers.CharField(source="integration.company")
    supplier = serializers.CharField()
    supplier_name = serializers.CharField()
    invoice_number = serializers.CharField(source="number")
    ledger_item = serializers.CharField(source="item", help_text="The invoice's id in the ERP.")
    voucher = serializers.CharField(
        source="link.target_id", allow_null=True, help_text="The payment's voucher in the ERP; null without one."
    )
    payment = serializers.CharField(help_text="The payment's id where it was made.")
    transaction_id = serializers.CharField()
    dated = serializers.DateField(allow_null=True)
    amount = serializers.DecimalField(**_MONEY, help_text="Paid of the invoice, net of the discount.")
    discount = serializers.DecimalField(**_MONEY)
    currency = serializers.CharField()
    state = serializers.ChoiceField(choices=Settlement.State.choices)


class SettlementsQuery(Query):
    """Which paid invoices."""

    q = serializers.CharField(required=False, max_length=120, help_text="Any id, number, name or amount.")
    integration = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=Settlement.State.choices, required=False)
    supplier = serializers.CharField(required=False, max_length=120, help_text="The supplier's number.")


class Settlements(Endpoint):
    """Paid invoices, newest first: paid and not settled, settled, or reversed."""

    @described("settlements", page(SettlementSerializer), query=SettlementsQuery)
    def get(self, request: Request) -> Response:
        wanted = asked(request, SettlementsQuery)
        names = {name: value for name, value in wanted.items() if name not in ("cursor", "limit")}
        found, after = page_of(narrowed(**names).select_related("link", "integration"), request)
        return Response({"results": SettlementSerializer(found, many=True).data, "next": after})
