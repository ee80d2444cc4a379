"""What a list is narrowed by: a form whose fields in force are chips that can be taken away."""

from typing import Any

from django import forms


class Narrowing(forms.Form):
    """Base of the filters of a list; a value that makes no sense is ignored, not an error."""

    def said(self, name: str, value: Any) -> str:
        """A filter in force, in words."""
        raise NotImplementedError

    @property
    def chosen(self) -> dict[str, Any]:
        """The filters in force."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def chips(self) -> list[tuple[str, str]]:
        """(parameter, words) of every filter in force; a chip takes its parameter away."""
        return [(name, self.said(name, value)) for name, value in self.chosen.items()]
