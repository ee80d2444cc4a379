"""A supplier's payment term on its vendor: where a rule names the other side's own, and never as a reason to wait."""

from integrations.models import GLMapping, RecordLink
from tenants.scope import tenant_scope
from tests.integrations.runner.town import Make, town_of

__all__ = ["town_of"]


def test_a_mapped_term_arrives_with_the_vendor_and_an_unmapped_one_stops_nothing(town_of: Make) -> None:
    town = town_of()
    with tenant_scope(town.tenant_id):
        GLMapping.objects.create(integration=town.integration, table="payment_term", source="30", target="00t30")
    for supplier, term in (("S1", "30"), ("S2", "45")):
        town.supplier(supplier)
        town.erp.sim.edit("SupplierInvoiceCompany", (supplier, "10"), PayTermId=term)
    town.sync()
    found = {
        row["shortName"]: row.get("additionalInfo", {}).get("paymentTermId") for row in town.ap.sim.dump("vendors")
    }
    assert found == {"S1": "00t30", "S2": None}
    with tenant_scope(town.tenant_id):
        why = {link.source_key: link.why for link in RecordLink.objects.filter(entity="vendor")}
    assert any(each.startswith("payment term 30 → 00t30 by rule ") for each in why["S1"])
