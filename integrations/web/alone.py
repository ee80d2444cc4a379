"""Who decides alone, said in one sentence on every page where it matters."""

from zoneinfo import ZoneInfo

from integrations.models import CheckSwitch
from integrations.store import checking
from integrations.store.checking import Why
from tenants.access import Place
from tenants.permissions import Act, Right

_SAID = {
    Why.SIMULATORS: "You decide alone here: everything connected is a simulator.",
    Why.NOBODY_ELSE: "You decide alone here: there is no other controller who could agree.",
}
_PAGES = (
    "/review/",
    "/records/",
    "/mappings/",
    "/integrations/",
    "/connections/",
    "/settlements/",
    "/settings/",
    "/admin/integrations/glmapping/",
    "/admin/integrations/fieldmapping/",
)


def matters(path: str) -> bool:
    """Whether the page at `path` is one on which people decide: of records, only a record's own."""
    return path.startswith(_PAGES) and path != "/records/"


def alone(place: Place) -> str:
    """Why nobody has to agree to what is decided here; "" where somebody has, or where this person decides nothing.

    That the tenant switched it off is said to everybody.
    """
    why = checking.why_alone(Act.OVERRIDE, place.person)
    if why is Why.SWITCHED_OFF and (switch := checking.switched_off()):
        return f"One person decides alone here since {_day(switch, place)}: {_people(switch)}."
    makes = any(Right.MAKER in place.may(act) for act in Act)
    return _SAID[why] if makes and why in _SAID else ""


def _day(switch: CheckSwitch, place: Place) -> str:
    at = switch.checked_at or switch.made_at
    return f"{at.astimezone(ZoneInfo(place.time_zone)):%-d %B %Y}"


def _people(switch: CheckSwitch) -> str:
    maker = switch.made_by.email if switch.made_by else "somebody who left"
    checker = switch.checked_by.email if switch.checked_by else "somebody who left"
    return f"{maker} switched the second person off, {checker} confirmed it"
