"""Signed statements: made on request, kept, and given as the signed file or as PDF."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from integrations.engine import statement
from integrations.models import Integration, ReconciliationSnapshot, ReconciliationStatement, StatementKey
from integrations.runner.snapshots import make_statement
from integrations.store.statements import document_of
from integrations.web.gate import page, place_of
from integrations.web.paging import page_of
from integrations.web.reconciliation import uuid_of
from integrations.web.statement_pdf import pdf
from tenants.permissions import Act

DAYS = 30  # whose sums the page shows


@page("POST", write=Act.READ)
def statements(request: HttpRequest) -> HttpResponseBase:
    """The chain, newest first, and the sums of the last days; a form that makes the next statement."""
    if request.method == "POST":
        chosen = Integration.objects.filter(uuid=uuid_of(request.POST.get("integration", "")))
        integration = get_object_or_404(chosen.select_related("erp", "ap"))
        make_statement(integration, place_of(request).person)
        return redirect("web:statements")
    rows = ReconciliationStatement.objects.select_related("integration", "made_by").defer("document")
    context = {
        "page": page_of(rows, request),
        "integrations": Integration.objects.order_by("name"),
        "key": StatementKey.objects.order_by("-id").first(),
        "snapshots": ReconciliationSnapshot.objects.select_related("integration").order_by("-id")[:DAYS],
    }
    return render(request, "integrations/statements.html", context)


@page()
def signed(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The file that proves itself."""
    return signed_file(get_object_or_404(ReconciliationStatement, uuid=uuid))


@page()
def printed(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """For people."""
    return printed_file(get_object_or_404(ReconciliationStatement, uuid=uuid))


def signed_file(found: ReconciliationStatement) -> HttpResponse:
    """The bytes that were signed, with their signature."""
    return _file(statement.canonical(document_of(found)), f"statement-{found.number}.json", "application/json")


def printed_file(found: ReconciliationStatement) -> HttpResponse:
    """The same on paper."""
    return _file(pdf(document_of(found)), f"statement-{found.number}.pdf", "application/pdf")


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
