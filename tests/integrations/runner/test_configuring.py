"""A tenant as code: what is exported can be applied, the second time nothing changes, and no secret is in it."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEntry
from integrations.models import Connection, Flow, GLMapping, Integration, MappingSet, SettingChange
from integrations.runner import mappings
from tenants.models import Invitation, Role
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in

SECRETS = {"ERP_SECRET": "ifs-secret-1", "AP_KEY": "bill-key-1", "AP_PASSWORD": "bill-password-1"}
DOCUMENT = """
[tenant]
name = "Acme"
time_zone = "America/Chicago"

[[connections]]
name = "ERP"
system = "ifs"
settings = { base_url = "https://acme.ifs.cloud", realm = "acme", client_id = "ml" }
secrets = { client_secret = "env:ERP_SECRET" }

[[connections]]
name = "AP"
system = "bill"
settings = { environment = "sandbox", organization_id = "00801ACME", username = "ml", credential_kind = "sync_token" }
secrets = { dev_key = "env:AP_KEY", password = "env:AP_PASSWORD" }

[[integrations]]
name = "Acme payables"
erp = "ERP"
ap = "AP"
company = "10"
start_date = 2026-01-01
active = false
policy = { tax_lines = "into_cost", rounding_tolerance = 3 }

[[integrations.flows]]
entity = "invoice"
schedule = "*/15 * * * 1-5"
time_zone = "America/Chicago"
blackouts = [{ days = [6], from = "18:00", to = "20:00" }]

[[integrations.fields]]
source = "dimensions.B"
target = "department"

[[integrations.mappings]]
table = "account"
source = "4000"
target = "5000"
"""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def apply(cast: Cast, text: str, folder: Path, *options: str) -> str:
    """What the command prints for this document and the cast's own tenant."""
    file = folder / "tenant.toml"
    file.write_text(text, "utf-8")
    out = io.StringIO()
    call_command("apply", str(file), "--tenant", cast.tenant.slug, *options, stdout=out)
    return out.getvalue()


def exported(cast: Cast) -> str:
    out = io.StringIO()
    call_command("export", cast.tenant.slug, stdout=out)
    return out.getvalue()


def test_a_document_makes_the_tenant(cast: Cast, tmp_path: Path, environment: None) -> None:
    apply(cast, DOCUMENT, tmp_path)
    with tenant_scope(cast.tenant.pk):
        made = Integration.objects.get()
        flow = Flow.objects.get(entity="invoice")
        assert (made.company, made.active, made.policy["rounding_tolerance"]) == ("10", False, 3)
        assert (flow.schedule, flow.enabled, flow.blackouts[0]["days"]) == ("*/15 * * * 1-5", True, [6])
        assert GLMapping.objects.get().target == "5000"


def test_the_second_time_nothing_changes(cast: Cast, tmp_path: Path, environment: None) -> None:
    apply(cast, DOCUMENT, tmp_path)
    assert apply(cast, DOCUMENT, tmp_path) == "Nothing to change.\n"


def test_what_is_exported_can_be_applied_without_a_change(cast: Cast, tmp_path: Path, environment: None) -> None:
    apply(cast, DOCUMENT, tmp_path)
    assert apply(cast, exported(cast), tmp_path, "--check") == "Nothing to change.\n"


def test_an_export_makes_another_tenant_the_same(
    cast: Cast, tmp_path: Path, environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(cast, DOCUMENT, tmp_path)
    for name, value in zip(("ERP_CLIENT_SECRET", "AP_DEV_KEY", "AP_PASSWORD"), SECRETS.values(), strict=True):
        monkeypatch.setenv(name, value)
    other, first = Cast.make(), exported(cast)
    without_users = first[: first.index("[[users]]")] + first[first.index("[[connections]]") :]
    apply(other, without_users, tmp_path)
    assert body(exported(other)) == body(first)


def test_no_secret_is_in_an_export_or_in_what_apply_says(cast: Cast, tmp_path: Path, environment: None) -> None:
    said = apply(cast, DOCUMENT, tmp_path) + exported(cast)
    with tenant_scope(cast.tenant.pk):
        said += str(list(AuditEntry.objects.values()))
        assert Connection.objects.get(name="ERP").secrets.reveal() == {"client_secret": "ifs-secret-1"}
    assert not [secret for secret in SECRETS.values() if secret in said]


def test_check_shows_and_changes_nothing(cast: Cast, tmp_path: Path, environment: None) -> None:
    with pytest.raises(CommandError, match="5 changes would be made") as raised:
        apply(cast, DOCUMENT, tmp_path, "--check")
    assert raised.value.returncode == 1
    with tenant_scope(cast.tenant.pk):
        assert not Connection.objects.exists()


def test_a_changed_rule_is_a_new_version_and_a_left_out_one_is_removed(
    cast: Cast, tmp_path: Path, environment: None
) -> None:
    apply(cast, DOCUMENT, tmp_path)
    said = apply(cast, DOCUMENT.replace('target = "5000"', 'target = "5010"'), tmp_path)
    assert "~ integration Acme payables, account 4000: target=5000 -> target=5010" in said
    with tenant_scope(cast.tenant.pk):
        assert GLMapping.objects.get().version == 2
    assert "removed" in apply(cast, DOCUMENT[: DOCUMENT.index("[[integrations.mappings]]")], tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "Acme"', "name = ", "This is not TOML"),
        ("[tenant]", "[tenant]\ncolour = 1", "Line 3: Known here: name, slug, time_zone"),
        ("time_zone =", "timezone =", "Line 4: Did you mean time_zone?"),
        ('name = "ERP"', 'nane = "ERP"', "Line 7: Did you mean name?"),
        ('"env:ERP_SECRET"', '"ifs-secret-1"', "write env:NAME, never the secret itself"),
        ('"env:ERP_SECRET"', '"env:NOBODY_SET_THIS"', "set NOBODY_SET_THIS"),
        ('system = "ifs"', 'system = "sap"', "there is no system sap; known:"),
        ("*/15 * * * 1-5", "* * * * * *", "Write five fields"),
        ('"into_cost"', '"sometimes"', "Choose one of: per_code, into_cost"),
        ("tax_lines", "tax_line", "Did you mean tax_lines?"),
        ('entity = "invoice"', 'entity = "journal"', "cannot serve it"),
        ('table = "account"', 'table = "dimension"', "Name the code part"),
        ('erp = "ERP"', 'erp = "Elsewhere"', "there is no connection Elsewhere"),
        ("00801ACME", "123", "An organization ID starts with 008"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_done(
    cast: Cast, tmp_path: Path, environment: None, old: str, new: str, says: str
) -> None:
    with pytest.raises(CommandError) as raised:
        apply(cast, DOCUMENT.replace(old, new, 1), tmp_path)
    assert says in str(raised.value)
    with tenant_scope(cast.tenant.pk):
        assert not Connection.objects.exists()


def test_settings_keep_their_history_and_wait_where_a_second_person_is_due(
    cast: Cast, tmp_path: Path, environment: None
) -> None:
    join(person(), cast.tenant, Role.CONTROLLER)
    apply(cast, DOCUMENT, tmp_path)
    with tenant_scope(cast.tenant.pk):
        waiting = SettingChange.objects.filter(status="proposed")
        assert set(waiting.values_list("name", flat=True)) == {"start_date", "tax_lines", "rounding_tolerance"}
        assert Integration.objects.get().policy == {}
    assert apply(cast, DOCUMENT, tmp_path) == "Nothing to change.\n"


def test_mapping_rules_wait_where_a_second_person_is_due(cast: Cast, tmp_path: Path, environment: None) -> None:
    controller = person()
    join(controller, cast.tenant, Role.CONTROLLER)
    apply(cast, DOCUMENT, tmp_path)
    with cast.place(controller).scope():
        assert not GLMapping.objects.exists()
        for waiting in MappingSet.objects.filter(status="proposed"):
            mappings.approve(cast.place(controller), waiting)
        assert GLMapping.objects.get().approval() == f"approved by {controller.email}"
    assert apply(cast, DOCUMENT, tmp_path) == "Nothing to change.\n"


def test_an_unknown_person_is_invited_once(cast: Cast, tmp_path: Path, environment: None) -> None:
    text = DOCUMENT + '\n[[users]]\nemail = "new@example.test"\nroles = ["clerk", "auditor"]\n'
    assert "+ user new@example.test: auditor, clerk" in apply(cast, text, tmp_path)
    with tenant_scope(cast.tenant.pk):
        assert Invitation.objects.filter(email="new@example.test").count() == 2
    assert apply(cast, text, tmp_path) == "Nothing to change.\n"


def test_the_last_owner_stays_and_a_lost_role_ends_sessions(cast: Cast, tmp_path: Path, environment: None) -> None:
    def users(email: str, role: str) -> str:
        return DOCUMENT + f'\n[[users]]\nemail = "{email}"\nroles = ["{role}"]\n'

    with pytest.raises(CommandError, match="nobody would own"):
        apply(cast, users(cast.owner.email, "clerk"), tmp_path)
    client = signed_in(cast.colleague)
    apply(cast, users(cast.colleague.email, "auditor"), tmp_path)
    assert client.get("/api/v1/status/").status_code == 401


def body(text: str) -> str:
    """The document from its connections on."""
    return text[text.index("[[connections]]") :]


def test_texts_of_fields_are_part_of_the_document(cast: Cast, tmp_path: Path, environment: None) -> None:
    text = """field = "description"
target = "{payment_term|lookup}"
lookup = '30=Net 30'
"""
    whole = DOCUMENT.replace("[[integrations.mappings]]", f"[[integrations.fields]]\n{text}\n[[integrations.mappings]]")
    apply(cast, whole, tmp_path)
    assert 'target = "{payment_term|lookup}"' in exported(cast)
    assert apply(cast, exported(cast), tmp_path, "--check") == "Nothing to change.\n"
    with pytest.raises(CommandError, match=r"description: There is no field “0.__class__”"):
        apply(cast, whole.replace("{payment_term|lookup}", "{0.__class__}"), tmp_path)
