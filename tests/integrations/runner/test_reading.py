"""Reading waits while writing lags far behind; a broken source ends the run, not the flow."""

import pytest

from integrations.runner import reading
from integrations.store import lease
from tests.integrations.runner.conftest import Reader


def test_reading_waits_while_too_much_is_ready(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ENOUGH", 10)
    assert reader.read() is reading.Reading.DONE
    calls = len(reader.world.calls())
    assert reader.read() is reading.Reading.FULL
    assert len(reader.world.calls()) == calls
    reader.done()
    assert reader.read() is reading.Reading.DONE


def test_what_is_not_written_yet_is_read_to_its_end(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ENOUGH", 10)
    reader.bench.flow.integration.active = False
    reader.read()
    assert reader.read() is reading.Reading.DONE


def test_a_broken_source_ends_the_run_and_is_asked_again_at_the_next_time(reader: Reader) -> None:
    reader.world.fault("status", "ManSuppInvoiceSet", times=None, status=403)
    assert reader.read() is reading.Reading.DONE
    run = reader.last("poll")
    assert (run.status, run.error_code) == ("failed", "forbidden")
    lease.release(reader.bench.lease, due_in=None)
    assert lease.claim(reader.bench.flow.pk) is not None


def test_a_scan_goes_on_behind_the_page_where_a_slice_ended(reader: Reader) -> None:
    slices = 1
    while reader.read(lambda: True) is reading.Reading.MORE:
        slices += 1
    run = reader.last("poll")
    assert (run.slices, run.taken, run.counts["staged"], run.balanced) == (slices, 12, 12, True)
    assert reader.stored() == reader.standing()
