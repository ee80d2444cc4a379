"""The form of a flow's schedule: a usual rhythm or a cron expression, its time zone, and hours in which it rests."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import available_timezones

from django import forms

from integrations.models import Flow
from integrations.runner.schedule import problems
from integrations.runner.scheduling import Schedule
from integrations.web.rhythm import DAYS, USUAL, days_key, days_words

OWN = "own"
WINDOWS = 3
_TIME = {"type": "time"}
_FIELDS = {"schedule": "cron", "time_zone": "time_zone", "blackouts": "days_0"}


class WindowsForm(forms.Form):
    """Base of forms with a few weekly windows: days, from and to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for i in range(WINDOWS):
            self.fields[f"days_{i}"] = forms.ChoiceField(
                label="Days",
                required=False,
                choices=_days_choices(self.initial.get(f"days_{i}", "")),
            )
            for side, label in (("from", "From"), ("to", "To")):
                self.fields[f"{side}_{i}"] = forms.TimeField(
                    label=label, required=False, widget=forms.TimeInput(attrs=_TIME, format="%H:%M")
                )

    @staticmethod
    def first_windows(windows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """The values that stored windows start with."""
        return {
            name: value
            for i, window in enumerate(windows[:WINDOWS])
            for name, value in (
                (f"days_{i}", days_key(window["days"])), (f"from_{i}", window["from"]), (f"to_{i}", window["to"])
            )
        }  # fmt: skip

    @property
    def windows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        """Days, from and to of each window."""
        return [(self[f"days_{i}"], self[f"from_{i}"], self[f"to_{i}"]) for i in range(WINDOWS)]

    def wanted_windows(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """The windows as they are stored; what is no window gets its error."""
        return [window for i in range(WINDOWS) if (window := self._window(i, data))]

    def _window(self, i: int, data: dict[str, Any]) -> dict[str, Any] | None:
        days, start, end = data.get(f"days_{i}"), data.get(f"from_{i}"), data.get(f"to_{i}")
        if not days and not start and not end:
            return None
        if not (start and end) or start == end:
            self.add_error(f"from_{i}", "A rest needs a beginning and another end, such as from 18:00 to 20:00.")
            return None
        chosen = [int(day) for day in (days or next(iter(DAYS))).split(",")]
        return {"days": chosen, "from": f"{start:%H:%M}", "to": f"{end:%H:%M}"}


class ScheduleForm(WindowsForm):
    """`wanted` is what was asked for, once the form is valid."""

    rhythm = forms.ChoiceField(label="How often", choices=[*USUAL, (OWN, "As written below")])
    cron = forms.CharField(
        label="Written as a cron expression",
        required=False,
        max_length=100,
        help_text="Five parts: minute, hour, day of the month, month, weekday (0 is Sunday). "
        "*/10 7-18 * * 1-5 is every 10 minutes from 07:00 to 18:59 on weekdays.",
    )
    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        help_text="The zone the hours above are in, such as America/Chicago.",
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
    )

    @classmethod
    def of(cls, flow: Flow, zone: str) -> dict[str, Any]:
        """The values the form starts with; `zone` where the flow has none of its own yet."""
        usual = {cron for cron, _ in USUAL}
        own = flow.schedule not in usual
        first: dict[str, Any] = {
            "rhythm": OWN if own else flow.schedule,
            "cron": flow.schedule if own else "",
            "time_zone": flow.time_zone or zone,
        }
        return first | cls.first_windows(flow.blackouts)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        own = data.get("rhythm") == OWN
        data["cron"] = " ".join(str((data.get("cron") if own else data.get("rhythm")) or "").split())
        data["time_zone"] = str(data.get("time_zone") or "").strip()
        data["blackouts"] = self.wanted_windows(data)
        for name, sentence in problems(data["cron"], data["time_zone"], data["blackouts"]).items():
            self.add_error(_FIELDS[name], sentence)
        return data

    @property
    def wanted(self) -> Schedule:
        data = self.cleaned_data
        return Schedule(data["cron"], data["time_zone"], data["blackouts"])


def _days_choices(kept: str) -> list[tuple[str, str]]:
    """The usual days; and those that are stored already, where they are others."""
    found = {"": "\N{EN DASH}"} | {key: words.capitalize() for key, words in DAYS.items()}
    if kept and kept not in found:
        found[kept] = days_words([int(day) for day in kept.split(",")]).capitalize()
    return list(found.items())


def zones() -> list[str]:
    """The zones offered while one is typed."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix")))
