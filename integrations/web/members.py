"""The people of this team, to give work to."""

from integrations.store import desk
from tenants.models import Membership, User


def members() -> list[User]:
    """Everybody who may be given work here, by address; one query."""
    found = {row.user.pk: row.user for row in desk.workers().select_related("user")}
    return sorted(found.values(), key=lambda user: user.email)


def member(number: str) -> User | None:
    """The member of this number; None for nobody of this team."""
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    row = Membership.objects.filter(user_id=int(number)).select_related("user").first()
    return row.user if row else None


def email_of(number: str) -> str:
    """The address of a member; strangers have none here."""
    found = member(number)
    return found.email if found else "somebody else"
