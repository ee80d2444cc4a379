import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from audit.models import AuditEntry
from tenants import members
from tenants.access import places_of
from tenants.models import Invitation, Membership, Role, User
from tenants.scope import tenant_scope
from tests.factories import Cast, join, person, signed_in
from tests.racing import beside


def invite(cast: Cast, email: str, role: Role = Role.CLERK) -> str:
    """Invite through the page; the token in the letter."""
    before = len(mail.outbox)
    answer = signed_in(cast.owner).post("/settings/members/invite/", {"email": email, "role": role})
    assert answer.status_code == 302
    found = re.search(r"/invitations/([\w-]+)/", str(mail.outbox[before].body))
    assert found is not None
    return found[1]


def test_an_invited_person_joins_with_the_offered_role_once(cast: Cast) -> None:
    guest = person()
    token = invite(cast, guest.email.upper(), Role.INTEGRATOR)
    client = signed_in(guest)
    assert cast.tenant.name in client.get(f"/invitations/{token}/").content.decode()
    assert client.post(f"/invitations/{token}/")["Location"] == "/"
    assert places_of(guest)[0].roles == ("integrator",)
    assert client.post(f"/invitations/{token}/").status_code == 404
    with tenant_scope(cast.tenant.pk):
        assert AuditEntry.objects.filter(action="member.joined", subject=f"user:{guest.pk}").count() == 1


def test_another_address_cannot_use_the_link(cast: Cast) -> None:
    token = invite(cast, person().email)
    answer = signed_in(cast.stranger).post(f"/invitations/{token}/")
    assert b"another address" in answer.content
    assert [place.tenant_id for place in places_of(cast.stranger)] == [cast.elsewhere.pk]


def test_an_unverified_address_cannot_use_the_link(cast: Cast) -> None:
    guest = person()
    guest_without = User.objects.create_user(f"x{guest.email}", "correct horse battery")
    token = invite(cast, guest_without.email)
    with pytest.raises(members.Refused, match="another address"):
        members.accept(token, guest_without, timezone.now())


def test_an_expired_or_withdrawn_link_is_gone(cast: Cast) -> None:
    guest = person()
    token = invite(cast, guest.email)
    with pytest.raises(members.Refused, match="expired"):
        members.accept(token, guest, timezone.now() + timedelta(days=8))
    with tenant_scope(cast.tenant.pk):
        number = Invitation.objects.get(email=guest.email).pk
    signed_in(cast.owner).post(f"/settings/invitations/{number}/revoke/")
    assert signed_in(guest).get(f"/invitations/{token}/").status_code == 404


def test_only_a_digest_of_the_link_is_kept(cast: Cast) -> None:
    token = invite(cast, person().email)
    with tenant_scope(cast.tenant.pk):
        assert bytes(Invitation.objects.get().digest) == members.digest_of(token)


def test_a_second_controller_needs_the_first_ones_yes(cast: Cast) -> None:
    controller, guest = person(), person()
    join(controller, cast.tenant, Role.CONTROLLER)
    token = invite(cast, guest.email, Role.CONTROLLER)
    with pytest.raises(members.Refused, match="controller has to approve"):
        members.accept(token, guest, timezone.now())
    with tenant_scope(cast.tenant.pk):
        number = Invitation.objects.get(email=guest.email).pk
    signed_in(cast.owner).post(f"/settings/invitations/{number}/approve/")  # the maker is no checker
    with pytest.raises(members.Refused):
        members.accept(token, guest, timezone.now())
    signed_in(controller).post(f"/settings/invitations/{number}/approve/")
    members.accept(token, guest, timezone.now())
    assert places_of(guest)[0].roles == ("controller",)


def test_the_first_controller_needs_nobody(cast: Cast) -> None:
    guest = person()
    members.accept(invite(cast, guest.email, Role.CONTROLLER), guest, timezone.now())
    assert places_of(guest)[0].roles == ("controller",)


def test_nobody_changes_an_own_role(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        own = Membership.objects.get(user=cast.owner)
    client = signed_in(cast.owner)
    client.post(f"/settings/members/{own.pk}/take-role/")
    client.post("/settings/members/invite/", {"email": cast.owner.email, "role": "controller"})
    assert places_of(cast.owner)[0].roles == ("owner",)
    assert mail.outbox == []


@pytest.mark.parametrize("role", [Role.INTEGRATOR, Role.CONTROLLER, Role.CLERK, Role.AUDITOR])
def test_only_owners_look_after_members(cast: Cast, role: Role) -> None:
    someone = person()
    join(someone, cast.tenant, role)
    with tenant_scope(cast.tenant.pk):
        colleague = Membership.objects.get(user=cast.colleague)
    client = signed_in(someone)
    client.post("/settings/members/invite/", {"email": "x@example.test", "role": "owner"})
    client.post(f"/settings/members/{colleague.pk}/take-role/")
    assert mail.outbox == []
    assert places_of(cast.colleague) != []


def test_a_role_taken_away_ends_the_sessions(cast: Cast) -> None:
    theirs = signed_in(cast.colleague)
    assert theirs.get("/settings/members/").status_code == 200
    with tenant_scope(cast.tenant.pk):
        membership = Membership.objects.get(user=cast.colleague)
    signed_in(cast.owner).post(f"/settings/members/{membership.pk}/take-role/")
    assert theirs.get("/settings/members/")["Location"].startswith("/login/")
    assert places_of(cast.colleague) == []


def test_of_two_owners_who_take_the_role_from_each_other_at_once_one_stays(cast: Cast) -> None:
    other = person()
    join(other, cast.tenant, Role.OWNER)
    with tenant_scope(cast.tenant.pk):
        mine, theirs = (Membership.objects.get(user=user, role=Role.OWNER) for user in (cast.owner, other))
    first, second = cast.place(cast.owner), cast.place(other)
    lost = beside(
        cast.tenant.pk,
        lambda: members.take_away(first, cast.owner, theirs),
        lambda: members.take_away(second, other, mine),
    )
    assert str(lost) == "Only an owner looks after members."
    assert (places_of(cast.owner)[0].roles, places_of(other)) == (("owner",), [])


def test_a_role_is_taken_away_once_however_often_it_is_asked(cast: Cast) -> None:
    with tenant_scope(cast.tenant.pk):
        role = Membership.objects.get(user=cast.colleague)
    again = beside(cast.tenant.pk, *[lambda: members.take_away(cast.place(cast.owner), cast.owner, role)] * 2)
    assert "already" in str(again)
    with tenant_scope(cast.tenant.pk):
        assert AuditEntry.objects.filter(action="member.role_taken").count() == 1


def test_a_person_in_two_tenants_chooses_one_and_no_third(cast: Cast) -> None:
    join(cast.owner, cast.elsewhere, Role.AUDITOR)
    client = signed_in(cast.owner)
    client.post("/tenants/", {"tenant": str(cast.elsewhere.pk)})
    assert cast.stranger.get_full_name() in client.get("/settings/members/").content.decode()
    third = Cast.make()
    client.post("/tenants/", {"tenant": str(third.tenant.pk)})
    assert third.owner.get_full_name() not in client.get("/settings/members/").content.decode()
