"""Sweeps: what the polls missed is found; what is gone is believed only the second time, and never when all is."""

from datetime import timedelta

import pytest

from integrations.engine.errors import Retryable
from integrations.engine.records import Entity
from integrations.models import Checkpoint, OutboxItem, SourceRecord
from integrations.runner import reading
from integrations.store import sweeping
from tenants.scope import tenant_scope
from tests.integrations.runner.conftest import Reader
from tests.systems.ifs.lines.world import SCOPE

DAY = timedelta(days=1, minutes=1)


def drop(reader: Reader, *numbers: int) -> None:
    for number in numbers:
        reader.world.sim.delete("ManSuppInvoice", ("10", number))


def later(reader: Reader) -> None:
    reader.age(DAY)


def test_a_sweep_is_due_a_day_after_the_first_whole_scan(reader: Reader) -> None:
    reader.read()
    assert not reading.sweep_waits(reader.bench.lease, reader.bench.flow)
    later(reader)
    assert reading.sweep_waits(reader.bench.lease, reader.bench.flow)
    reader.sweep()
    assert not reading.sweep_waits(reader.bench.lease, reader.bench.flow)


def test_a_sweep_that_finds_nothing_new_is_balanced_and_repairs_nothing(reader: Reader) -> None:
    reader.read()
    run = reader.sweep()
    assert (run.counts, run.taken, run.balanced) == ({"staged": 0, "unchanged": 12, "repeated": 0}, 12, True)
    assert run.reasons == {"not_seen": 0, "missing_once": 0, "gone": 0}


def test_a_sweep_goes_on_where_a_slice_ended(reader: Reader) -> None:
    reader.read()
    calls = len(reader.world.calls("ManSuppInvoiceSet"))
    run = reader.sweep(lambda: True)
    assert (run.slices, run.taken, run.balanced) == (4, 12, True)  # pages of five, and the empty one
    assert len(reader.world.calls("ManSuppInvoiceSet")) - calls <= 4 + run.slices


def test_what_is_missing_once_is_noted_and_nothing_follows(reader: Reader) -> None:
    reader.read()
    reader.done()
    later(reader)
    drop(reader, 7)
    assert reader.sweep().reasons == {"not_seen": 1, "missing_once": 1, "gone": 0}
    assert set(reader.states().values()) == {"done"}
    assert "10|7" in reader.stored()


def test_what_is_missing_twice_is_gone_and_decided_again(reader: Reader) -> None:
    reader.read()
    reader.done()
    drop(reader, 7)
    for _ in range(2):
        later(reader)
        run = reader.sweep()
    assert run.reasons == {"not_seen": 1, "missing_once": 0, "gone": 1}
    assert [key for key, state in reader.states().items() if state == "ready"] == ["10|7"]
    assert reader.stored() == reader.standing()


def test_what_is_gone_stays_gone_without_being_asked_for_again(reader: Reader) -> None:
    reader.read()
    drop(reader, 7)
    for _ in range(3):
        later(reader)
        run = reader.sweep()
    assert run.reasons == {"not_seen": 0, "missing_once": 0, "gone": 0}


def test_what_comes_back_is_no_longer_missing(reader: Reader) -> None:
    reader.read()
    row = reader.world.sim.row("ManSuppInvoice", ("10", 7))
    drop(reader, 7)
    later(reader)
    reader.sweep()
    names = reader.world.sim.entities["ManSuppInvoice"].by_name
    reader.world.sim.insert("ManSuppInvoice", {name: row[name] for name in names if row.get(name) is not None})
    reader.read()
    with tenant_scope(reader.bench.tenant_id):
        found = SourceRecord.objects.get(flow=reader.bench.flow, source_key="10|7")
    assert (found.gone_since, found.gone) == (None, False)


def test_what_a_person_ignored_stays_ignored_when_it_is_gone(reader: Reader) -> None:
    reader.read()
    with tenant_scope(reader.bench.tenant_id):
        OutboxItem.objects.filter(flow=reader.bench.flow, source_key="10|7").update(state="ignored")
    drop(reader, 7)
    for _ in range(2):
        later(reader)
        reader.sweep()
    assert reader.states()["10|7"] == "ignored"


def test_an_empty_answer_is_not_a_deletion(reader: Reader) -> None:
    reader.read()
    reader.done()
    for _ in range(2):
        later(reader)
        drop(reader, *(row["InvoiceId"] for row in reader.world.sim.rows("ManSuppInvoice", Company="10")))
        run = reader.sweep()
        assert (run.status, run.error_code) == ("done", "too_many_missing")
        assert "nothing was marked as gone" in run.error_message
    assert len(reader.stored()) == 12
    assert set(reader.states().values()) == {"done"}


def test_a_mass_of_missing_records_is_not_believed(reader: Reader) -> None:
    for number in range(100, 130):
        reader.world.invoice(number)
    reader.read()
    later(reader)
    drop(reader, *range(100, 121))  # 21 of 42
    calls = len(reader.world.calls())
    run = reader.sweep()
    assert (run.error_code, run.reasons["not_seen"]) == ("too_many_missing", 21)
    with tenant_scope(reader.bench.tenant_id):
        assert not SourceRecord.objects.filter(flow=reader.bench.flow, gone_since__isnull=False).exists()
    assert not [call for call in reader.world.calls()[calls:] if "InvoiceId eq 100" in call]


def test_a_record_that_the_scan_passed_by_is_found_by_its_key(reader: Reader) -> None:
    reader.read()
    later(reader)
    *_, last, _end = reader.world.client.read(Entity.INVOICE, "", SCOPE)
    reading.sweep(reader.bench.lease, reader.bench.flow, lambda: True)
    with tenant_scope(reader.bench.tenant_id):  # the first five were shown, the others never are
        Checkpoint.objects.filter(flow=reader.bench.flow).update(sweep_cursor=last.cursor)
    run = reader.sweep()
    assert run.reasons == {"not_seen": 7, "missing_once": 0, "gone": 0}
    assert (run.taken, run.counts["unchanged"], run.balanced) == (12, 12, True)


def test_a_source_that_is_down_during_a_look_up_proves_nothing(reader: Reader) -> None:
    reader.read()
    later(reader)
    drop(reader, 7)
    reader.world.fault("status", "InvoiceId%20eq%207", times=None, status=503)
    with pytest.raises(Retryable):
        reader.sweep()
    reader.world.sim.faults.clear()
    assert reader.sweep().reasons["missing_once"] == 1


def test_asked_for_it_is_due_at_once(reader: Reader) -> None:
    reader.read()
    with tenant_scope(reader.bench.tenant_id):
        sweeping.ask_for([reader.bench.flow.pk])
    assert reading.sweep_waits(reader.bench.lease, reader.bench.flow)
