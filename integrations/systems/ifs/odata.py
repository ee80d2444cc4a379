"""OData v4 text: literals, key predicates, filters and queries as IFS reads them.

https://docs.ifs.com/techdocs/23r2/040_tailoring/300_extensibility/100_odata_provider/1000_supported_functionalities/
lists what IFS supports; `in`, lambdas and `$expand` are avoided on purpose.
"""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from integrations.systems.ifs.profile import KeyType

KeyValue = str | int

_SAFE = "(),'$=:/@!*;-._~"  # spaces become %20 and option names keep their $: some IFS gateways refuse %24 and +
CHAIN = 50  # members of one `or` chain
QUERY_BYTES = 5000  # of one chain, encoded, so that the whole URL stays below 6 kB
GAP = 4  # a run may span this many times the rows that are wanted of it


def literal(value: KeyValue, kind: KeyType = "string", enum: str = "") -> str:
    """`value` as a URL literal: quoted text, a bare number or moment, or `IfsApp.P.T'Word'` (`enum` is IfsApp.P.T)."""
    if kind == "string":
        text = str(value).replace("'", "''")
        return f"'{text}'"
    if kind == "enum":
        text = str(value).replace("'", "''")
        return f"{enum}'{text}'"
    return str(value)


def encoded(expression: str) -> str:
    """`expression` percent-encoded for a query."""
    return quote(expression, safe=_SAFE)


def query(*, where: Sequence[str], orderby: Sequence[str] = (), top: int, skip: int = 0) -> str:
    """The query text of one page; every clause of `where` is wrapped in parentheses once. `$top` is always said."""
    options: dict[str, str] = {}
    if where:
        options["$filter"] = " and ".join(f"({clause})" for clause in where)
    if orderby:
        options["$orderby"] = ",".join(orderby)
    options["$top"] = str(top)
    if skip:
        options["$skip"] = str(skip)
    return "&".join(f"{name}={encoded(value)}" for name, value in options.items())


def key_predicate(parts: Mapping[str, str]) -> str:
    """`(Name=literal,…)` of already made literals, encoded for a path."""
    return "(" + ",".join(f"{name}={quote(value, safe=_PATH_SAFE)}" for name, value in parts.items()) + ")"


_PATH_SAFE = "'.-_~:"


def beyond(columns: Sequence[str], literals: Sequence[str]) -> list[str]:
    """Clauses for "after this row" in the order of `columns`.

    Several columns make an `or` of prefixes; the plain bound on the first one is added so that an index can be used.
    """
    if len(columns) == 1:
        return [f"{columns[0]} gt {literals[0]}"]
    branches = []
    for depth in range(len(columns)):
        same = [f"{columns[i]} eq {literals[i]}" for i in range(depth)]
        branches.append("(" + " and ".join([*same, f"{columns[depth]} gt {literals[depth]}"]) + ")")
    return [f"{columns[0]} ge {literals[0]}", " or ".join(branches)]


def chains(column: str, literals: Sequence[str]) -> Iterator[str]:
    """`or` chains over `literals`, each of at most CHAIN members and QUERY_BYTES bytes when encoded."""
    members: list[str] = []
    size = 0
    for text in literals:
        member = f"({column} eq {text})"
        weight = len(encoded(member)) + len("%20or%20")
        if members and (len(members) == CHAIN or size + weight > QUERY_BYTES):
            yield " or ".join(members)
            members, size = [], 0
        members.append(member)
        size += weight
    if members:
        yield " or ".join(members)


def runs(positions: Sequence[int]) -> tuple[list[tuple[int, int]], list[int]]:
    """Cuts ascending `positions` into dense runs (first, last) and the scattered rest.

    A run spans at most GAP times as many places as it holds wanted ones. Runs of fewer than CHAIN / 2 are not worth a
    request of their own: they go with the rest.
    """
    found: list[tuple[int, int]] = []
    rest: list[int] = []
    start = 0
    for end in range(1, len(positions) + 1):
        grows = end < len(positions) and positions[end] - positions[start] + 1 <= GAP * (end - start + 1)
        if grows:
            continue
        if end - start >= CHAIN // 2:
            found.append((positions[start], positions[end - 1]))
        else:
            rest.extend(positions[start:end])
        start = end
    return found, rest
