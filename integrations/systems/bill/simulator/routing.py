"""From method and path to a handler."""

import re
from collections.abc import Sequence

from integrations.systems.bill.simulator.call import Handler, Route


class Router:
    """The routes of one gateway. Plain paths win over paths with parameters; case matters, as at BILL."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._plain: dict[tuple[str, str], Handler] = {}
        self._patterns: list[tuple[str, re.Pattern[str], Handler]] = []
        for method, path, handler in routes:
            if "{" in path:
                expression = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
                self._patterns.append((method, expression, handler))
            else:
                self._plain[method, path] = handler

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """The handler and the path's parameters, None for an unknown address."""
        plain = self._plain.get((method, path))
        if plain is not None:
            return plain, {}
        if any(known == path for _, known in self._plain):
            return None
        for wanted, expression, handler in self._patterns:
            match = expression.fullmatch(path) if wanted == method else None
            if match:
                return handler, match.groupdict()
        return None
