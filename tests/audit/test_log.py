import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import Error, connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from audit.chain import canonical, fit
from audit.log import Source, opened, record
from audit.models import AuditEntry, AuditHead
from audit.verify import verify
from tenants.models import DataKey, Membership, Role
from tenants.scope import Actor, ScopeError, tenant_scope
from tests.factories import Cast, person


def actions(cast: Cast) -> list[str]:
    with tenant_scope(cast.tenant.pk):
        return list(AuditEntry.objects.order_by("sequence").values_list("action", flat=True))


def test_an_entry_is_written_when_its_scope_commits(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk, actor=Actor("user", "7", "ann@acme.test")):
        record("bill.created", subject="integration:1", source=Source("erp", "invoice", "10|4711", 'W/"1"'))
        assert not AuditEntry.objects.filter(action="bill.created").exists()
    with tenant_scope(cast.tenant.pk):
        entry = AuditEntry.objects.get(action="bill.created")
    assert (entry.sequence, entry.source_key, entry.actor_id) == (2, "10|4711", "7")
    assert "ann@acme.test" not in entry.body


def test_an_entry_outside_a_scope_is_refused(database: None) -> None:
    with pytest.raises(ScopeError):
        record("nowhere")


def test_a_scope_that_fails_leaves_no_entry(cast: Cast) -> None:
    def fail() -> None:
        with tenant_scope(cast.tenant.pk):
            record("never")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  (raised above)
        fail()
    assert actions(cast) == ["tenant.created"]


def test_entries_of_a_rolled_back_savepoint_go_with_it(cast: Cast) -> None:
    def fail(scoped: bool) -> None:
        with tenant_scope(cast.tenant.pk) if scoped else transaction.atomic():
            record("undone")
            with transaction.atomic():
                record("undone.too")
            raise ValueError

    with tenant_scope(cast.tenant.pk):
        record("first")
        for scoped in (True, False):
            with pytest.raises(ValueError):  # noqa: PT011  (raised above)
                fail(scoped)
        with transaction.atomic():
            record("last")
    assert actions(cast) == ["tenant.created", "first", "last"]
    assert verify(cast.tenant.pk).whole


def test_entries_of_nested_scopes_are_numbered_once_at_the_end(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        record("outer")
        with tenant_scope(cast.elsewhere.pk):
            record("theirs")
        with tenant_scope(cast.tenant.pk):
            record("inner")
    assert actions(cast) == ["tenant.created", "outer", "inner"]
    assert verify(cast.tenant.pk).whole
    assert verify(cast.elsewhere.pk).entries == 2


def test_two_writers_get_numbers_one_after_the_other(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        record("one")
    with tenant_scope(cast.tenant.pk):
        record("two")
        record("three")
    report = verify(cast.tenant.pk)
    assert (report.whole, report.entries) == (True, 4)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditentry SET action = 'x'",
        "DELETE FROM audit_auditentry",
        "TRUNCATE audit_auditentry",
    ],
)
@pytest.mark.parametrize("alias", ["default", "owner"])
def test_the_database_refuses_changes_even_from_the_owner(cast: Cast, alias: str, statement: str) -> None:
    with (
        pytest.raises(Error, match=r"never changed|permission denied"),
        tenant_scope(cast.tenant.pk),
        connections[alias].cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.fixture
def tampering(cast: Cast) -> Any:
    """SQL as the owner with the trigger off, against the tenant's audit of five entries."""
    for number in range(4):
        with tenant_scope(cast.tenant.pk):
            record("bill.created", subject=f"bill:{number}", detail={"amount": Decimal("12.20")})

    def tamper(statement: str) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE audit_auditentry DISABLE TRIGGER USER")
            try:
                cursor.execute(statement, {"tenant": cast.tenant.pk})
            finally:
                cursor.execute("ALTER TABLE audit_auditentry ENABLE TRIGGER USER")

    return tamper


WHERE = "WHERE tenant_id = %(tenant)s AND sequence"


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        (f"UPDATE audit_auditentry SET body = replace(body, 'bill:1', 'bill:9') {WHERE} = 3", 3),
        (f"UPDATE audit_auditentry SET subject = 'bill:9' {WHERE} = 3", 3),
        (f"UPDATE audit_auditentry SET at = at + interval '1 second' {WHERE} = 4", 4),
        (f"UPDATE audit_auditentry SET sealed = sealed || '\\x00' {WHERE} = 2", 2),
        (f"DELETE FROM audit_auditentry {WHERE} = 3", 3),
        (f"DELETE FROM audit_auditentry {WHERE} = 5", 5),
        (f"UPDATE audit_auditentry SET sequence = sequence + 100 {WHERE} = 1", 1),
        (
            (
                "INSERT INTO audit_auditentry (tenant_id, sequence, at, action, subject, system, entity, source_key,"
                " actor_kind, actor_id, body, sealed, hash) SELECT tenant_id, 6, at, action, subject, system, entity,"
                f" source_key, actor_kind, actor_id, body, sealed, hash FROM audit_auditentry {WHERE} = 5;"
                " UPDATE audit_audithead SET sequence = 6 WHERE tenant_id = %(tenant)s"
            ),
            6,
        ),
    ],
)
def test_tampering_is_found_where_it_happened(tampering: Any, cast: Cast, statement: str, broken_at: int) -> None:
    assert verify(cast.tenant.pk).whole
    tampering(statement)
    assert verify(cast.tenant.pk).broken_at == broken_at


def test_a_head_alone_cannot_hide_a_cut_tail_from_an_anchor(
    tampering: Any, cast: Cast, settings: Any, tmp_path: Any
) -> None:
    from audit.anchors import anchor_heads

    settings.AUDIT_ANCHOR_PATH = tmp_path
    anchor_heads(datetime.now(UTC))
    tampering(f"DELETE FROM audit_auditentry {WHERE} = 5")
    tampering(
        "UPDATE audit_audithead h SET sequence = 4, hash = e.hash FROM audit_auditentry e"
        " WHERE h.tenant_id = %(tenant)s AND e.tenant_id = h.tenant_id AND e.sequence = 4"
    )
    report = verify(cast.tenant.pk)
    assert (report.broken_at, report.why) == (5, "an anchor was taken at entry 5")
    settings.AUDIT_ANCHOR_PATH = None
    assert verify(cast.tenant.pk).whole  # without anchors the cut is invisible: that is what they are for


def test_a_rewritten_chain_is_not_the_anchored_one(tampering: Any, cast: Cast, settings: Any, tmp_path: Any) -> None:
    from audit.anchors import anchor_heads

    settings.AUDIT_ANCHOR_PATH = tmp_path
    anchor_heads(datetime.now(UTC))
    [path] = tmp_path.iterdir()
    path.write_text(path.read_text().replace('"hash":"', '"hash":"00').replace('00"}', '"}'))
    lines = [line for line in path.read_text().splitlines() if str(cast.tenant.pk) in line]
    path.write_text(lines[0][:-4] + '00"}\n')
    assert verify(cast.tenant.pk).broken_at == 5


def test_a_deleted_tenants_names_are_gone_and_its_chain_holds(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        record("vendor.created", detail={"name": "Grafton Merchanting"})
    with tenant_scope(cast.tenant.pk):
        entry = AuditEntry.objects.get(action="vendor.created")
        assert "Grafton" in opened(entry)
        DataKey.objects.all().delete()
    with tenant_scope(cast.tenant.pk):
        assert "Grafton" not in opened(entry)
    assert verify(cast.tenant.pk).whole


def test_an_effect_and_its_entry_share_one_fate(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        DataKey.objects.all().delete()  # so that the entry cannot be sealed

    def try_it() -> None:
        with tenant_scope(cast.tenant.pk):
            Membership.objects.create(user=person(), role=Role.CLERK)
            record("member.joined")

    with pytest.raises(Exception, match="audit key"):
        try_it()
    with tenant_scope(cast.tenant.pk):
        assert Membership.objects.count() == 2


def test_hostile_keys_fit_their_columns_and_stay_whole_in_the_body(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        record("odd", subject="s" * 500, source=Source("erp", "vendor", "00\x0012\ud800", ""), refs={"n": "\x00"})
    report = verify(cast.tenant.pk)
    assert (report.whole, report.entries) == (True, 2)


def test_five_thousand_entries_take_well_under_a_second_of_head_lock(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        for number in range(5000):
            source = Source("erp", "invoice", f"10|{number}", 'W/"1"')
            record("bill.created", source=source, refs={"target_id": f"b{number}"}, detail={"number": f"INV{number}"})
        started = time.monotonic()
    assert time.monotonic() - started < 3  # 0.5 s alone on one core; the limit leaves room for a busy machine
    with tenant_scope(cast.tenant.pk), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_auditentry")
        assert cursor.fetchone() == (5001,)
        assert AuditHead.objects.get().sequence == 5001


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.none() | st.booleans() | st.integers() | st.text() | st.decimals(allow_nan=False) | st.dates(),
    )
)
def test_canonical_text_does_not_depend_on_the_order_of_keys(value: dict[str, Any]) -> None:
    assert canonical(value) == canonical(dict(reversed(value.items())))


def test_canonical_text_keeps_decimals_dates_and_times_exact() -> None:
    value = {"b": Decimal("1.10"), "a": date(2026, 2, 1), "t": datetime(2026, 2, 1, 12, 0, 0, 5, tzinfo=UTC)}
    assert canonical(value) == b'{"a":"2026-02-01","b":"1.10","t":"2026-02-01T12:00:00.000005Z"}'


@pytest.mark.parametrize("value", [1.5, object(), datetime(2026, 1, 1)])  # noqa: DTZ001  (naive on purpose)
def test_what_has_no_exact_text_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical({"x": value})


@given(st.text(alphabet=st.characters(), max_size=60))
def test_a_fitted_text_is_one_that_the_database_can_hold(text: str) -> None:
    fitted = fit(text, 40)
    assert "\x00" not in fitted
    assert len(fitted) <= 40
    fitted.encode()
