"""Every way into the application, as Django knows it: a route that appears later is walked by itself."""

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm
from django.urls import URLPattern, URLResolver, get_resolver

from integrations.api.describing import Strict

_ASKED = re.compile(r'\b(?:GET|POST|query_params|data|asked)(?:\.(?:get|getlist|pop)\(|\[)\s*"(\w+)"')


@dataclass(frozen=True)
class Route:
    """A way into the application: its name, its path with the converters' places, the module of its view."""

    name: str
    pattern: str
    module: str = ""

    @property
    def places(self) -> list[str]:
        return re.findall(r"<[^>]+>", self.pattern)

    @property
    def kind(self) -> str:
        """The converter of its place: int, uuid, str, path ...; "" without places."""
        found = self.places
        return found[0].strip("<>").partition(":")[0] if found else ""

    @property
    def is_admin(self) -> bool:
        return self.name.startswith("admin:")

    @property
    def is_ours(self) -> bool:
        """Not of django-allauth, whose pages know people but no tenant."""
        return not self.module.startswith("allauth.")

    @property
    def parameters(self) -> list[str]:
        """Names its view may ask a query, a form or a body for: from its module's source, forms and shapes."""
        module = sys.modules.get(self.module)
        if module is None or not self.is_ours or self.is_admin:
            return []
        forms = [each for each in vars(module).values() if inspect.isclass(each) and issubclass(each, BaseForm)]
        asked = [each for each in vars(module).values() if inspect.isclass(each) and issubclass(each, Strict)]
        fields = {name for form in forms for name in getattr(form, "base_fields", {})}
        fields |= {name for shape in asked for name in shape._declared_fields}
        return sorted(fields | set(_ASKED.findall(inspect.getsource(module))))

    def at(self, value: object) -> str:
        """The path with `value` in every place."""
        return "/" + re.sub(r"<[^>]+>", str(value), self.pattern)


def routes(resolver: Any = None, prefix: str = "", names: str = "") -> Iterator[Route]:
    """Every route, whoever declared it."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = prefix + _plain(str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from routes(entry, path, f"{names}{entry.namespace}:" if entry.namespace else names)
        elif isinstance(entry, URLPattern):
            view: Any = entry.callback
            view = getattr(view, "view_class", None) or getattr(view, "cls", None) or view
            yield Route(f"{names}{entry.name or path}", path, getattr(view, "__module__", ""))


def _plain(pattern: str) -> str:
    """Regular expressions as places, so that both kinds of route look alike: "settings/<int:pk>/"."""
    pattern = re.sub(r"\(\?P(<\w+>)[^)]*\)+", r"\1", pattern.lstrip("^").rstrip("$").replace("\\Z", ""))
    return pattern.replace("\\", "").rstrip("?$")
