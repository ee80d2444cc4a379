"""Which settings concern an integration, by what flows in it; and which of these it cannot do without."""

from integrations.engine.records import Entity
from integrations.engine.settings import BY_NAME, SPECS
from integrations.engine.spec import Spec
from integrations.models import Flow, Integration
from integrations.runner import setup
from integrations.store.settings import effective, today
from integrations.systems import registry

_CAPTURED, _PAID, _SENT = (Entity.INVOICE.value, True), (Entity.PAYMENT.value, True), (Entity.INVOICE.value, False)


def concerning(integration: Integration) -> tuple[Spec, ...]:
    """The settings of what it carries, in their order; before its flows are chosen, of what it could carry."""
    flows = _flows(integration)
    return tuple(spec for spec in SPECS if _concerns(spec, flows))


def _concerns(spec: Spec, flows: set[tuple[str, bool]]) -> bool:
    if spec.inbound is None:
        return True
    if not spec.inbound:
        return _SENT in flows
    if spec.of_sent and _CAPTURED in flows:
        return False
    return any((entity, True) in flows for entity in spec.entities)


def missing(integration: Integration) -> list[Spec]:
    """Settings, empty today, without which records of flows that are on are held, or could be paid twice."""
    flows, policy = _flows(integration, on=True), effective(integration, today())
    names: list[str] = []
    if _CAPTURED in flows:
        names += ["payment_method", *(["authoriser"] if policy.invoice_target == "external" else [])]
    ours = _CAPTURED not in _flows(integration)
    if _PAID in flows and ours and policy.read_back == "field":
        names.append("paid_status_field")
    if _PAID in flows and (policy.read_back == "voucher" or not ours):
        debit = "settlement_account" if policy.payment_mode == "clearing" else "debt_account"
        names += ["voucher_type", debit, *([] if policy.cash_accounts else ["cash_account"])]
    return [BY_NAME[name] for name in names if not getattr(policy, name)]


def _flows(integration: Integration, *, on: bool = False) -> set[tuple[str, bool]]:
    """(entity, inbound) of its flows, of those that are `on` if asked; while it has none, of every possible one."""
    made = list(Flow.objects.filter(integration=integration).values_list("entity", "inbound", "enabled"))
    if made:
        return {(entity, inbound) for entity, inbound, enabled in made if enabled or not on}
    systems = registry.systems()
    erp, ap = systems.get(integration.erp.system), systems.get(integration.ap.system)
    return {(each.entity.value, each.inbound) for each in setup.possible(erp, ap)} if erp and ap else set()
