"""After everything is booked: late approvals, voids, changes and reissues, a release by two people, another mapping."""

from collections.abc import Mapping

import pytest

from integrations.models import GLMapping, Integration
from tenants.scope import tenant_scope
from tests.journeys.books import afterwards, comparing, found
from tests.journeys.books.afterwards import Acts
from tests.journeys.books.comparing import Seen
from tests.journeys.books.outcome import Outcome, held
from tests.journeys.books.sizes import SEED
from tests.journeys.books.world import World
from tests.journeys.rehearsal import manage

pytestmark = [pytest.mark.slow, pytest.mark.processes]


def test_what_arrives_late_is_booked_with_the_payments_that_waited_for_it(
    world: World, first: Seen, acts: Acts
) -> None:
    waiting = [key for key, each in first.payments[0].items() if each.codes == ("invoice_not_booked",)]
    wanted, there = comparing.invoices(world, world.company)
    changed = {
        acts.invoice_voided: held("voided_after_booking"),
        acts.invoice_changed: held("changed_after_booking"),
    }
    assert {wanted[key].what for key in acts.arrived} >= {"booked"}
    comparing.check(SEED, {**wanted, **changed}, there)
    now = comparing.payments(world, world.company)[1]
    assert "booked" in {now[key].what for key in waiting}


def test_a_void_prepares_the_reversal_and_changes_nothing_by_itself(world: World, first: Seen, acts: Acts) -> None:
    wanted, there = comparing.payments(world, world.company)
    kept = {key: first.payments[0][key] for key in (acts.voided, acts.reissued)}
    assert {each.what for each in kept.values()} == {"booked"}
    assert wanted[acts.replacement].what == wanted[acts.drawn].what == "booked"
    comparing.check(SEED, {**wanted, **kept}, there)
    assert _reversals(world) == dict.fromkeys(kept, held("reversal_prepared"))


def test_a_released_reversal_is_the_mirror_of_its_voucher_once(world: World, acts: Acts) -> None:
    afterwards.release(world, acts.voided)
    world.sync()
    world.sync()
    vouchers = found.vouchers(world.ifs, world.company)
    first, mirror = (dict(vouchers[key].facts) for key in (acts.voided, f"{acts.voided}R"))
    turned = sorted(((*row[:2], -row[2], -row[3], *row[4:]) for row in first["rows"]), key=str)
    assert list(mirror["rows"]) == turned
    assert {name: mirror[name] for name in ("company", "type")} == {name: first[name] for name in ("company", "type")}
    assert f"{acts.reissued}R" not in vouchers
    assert _reversals(world)[acts.reissued] == held("reversal_prepared")


def test_another_mapping_writes_nothing_of_what_is_booked(world: World, acts: Acts) -> None:
    lines = [row["CodeA"] for row in world.ifs.rows("ManSuppInvoicePostings", Company=world.company)]
    common, other = max(set(lines), key=lines.count), min(set(lines), key=lines.count)
    with tenant_scope(world.tenant.pk):
        (integration,) = Integration.objects.all()
        GLMapping.objects.create(integration=integration, table="account", source=common, target=other)
    place = world.place()
    manage(world.folder / "replay.txt", "replay", str(integration.pk), "--tenant", world.tenant.slug, **world.egress)
    assert world.written(place) == []


def _reversals(world: World) -> Mapping[str, Outcome]:
    """Of payments that are not alive any more and were booked."""
    states = found.states(
        world.tenant.pk, world.integrations[world.company], "payment", inbound=True, variant="reversal"
    )
    return {key: found.outcome(each, None) for key, each in states.items()}
