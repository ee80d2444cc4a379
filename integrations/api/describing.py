"""How an endpoint is described: what it is asked, what it answers, every refusal; how queries and bodies are read."""

from collections.abc import Callable
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from integrations.api.errors import ErrorSerializer

V = TypeVar("V", bound=Callable[..., Any])
_READING = (400, 401, 403, 404, 429)
_WRITING = (*_READING, 409, 413, 415, 422)
_ONCE = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="1 to 200 ASCII letters, new for each act. The same request sent again gets the first one's answer for "
    "7 days; another request with the key is a 422, one under way a 409.",
)


class Strict(serializers.Serializer[Any]):
    """Base of what a caller sends: a name that is not asked for is refused, never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        names = set(data) if isinstance(data, dict) else set()
        if unknown := sorted(names - set(self.fields)):
            known = ", ".join(self.fields) or "nothing"
            raise serializers.ValidationError({name: [f"Not known here. Known: {known}."] for name in unknown})
        return super().to_internal_value(data)


class StrictScheme(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """How the schema says so: nothing else is taken, and no blank where something must stand."""

    target_class = Strict
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        found: dict[str, Any] = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        for name, field in self.target.fields.items():
            place = found["properties"][name]
            if place.get("type") == "string" and not getattr(field, "allow_blank", True):
                place.setdefault("minLength", 1)
        return {**found, "additionalProperties": False}


class Person(serializers.EmailField):
    """Who did it, by their e-mail address: made_by = Person("made_by"); null for nobody."""

    def __init__(self, source: str) -> None:
        super().__init__(source=f"{source}.email", default=None, allow_null=True)


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 200, "default": 50})
class Limit(serializers.CharField):
    """Rows a page, read by `paging.limit_of`."""


class Query(Strict):
    """Base of what may stand behind the `?` of a list."""

    cursor = serializers.CharField(required=False, max_length=200, help_text="From `next` of the page before.")
    limit = Limit(required=False, max_length=20, help_text="Rows a page, 1 to 200; 50 unless said.")


class Nothing(Strict):
    """A body without anything in it."""


def described(
    name: str,
    answer: Any,
    *,
    body: type[Strict] | None = None,
    query: type[Strict] | None = None,
    code: int = 200,
    media: str = "application/json",
    once: bool = True,
) -> Callable[[V], V]:
    """Describe a handler: `name` is its id; `body` is given for what changes something, `once` where it is a POST.

    `media` is what a file is.
    """
    refusals = dict.fromkeys(_READING if body is None else _WRITING, ErrorSerializer)
    parameters: list[Any] = ([query] if query else []) + ([_ONCE] if body and once else [])
    request = None if body in (None, Nothing) else body
    decorate: Callable[[V], V] = extend_schema(
        operation_id=name, request=request, parameters=parameters, responses={(code, media): answer, **refusals}
    )
    return decorate


def asked(request: Request, shape: type[Strict]) -> dict[str, Any]:
    """The query, checked; a name given twice is refused. ValidationError."""
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise serializers.ValidationError({name: ["Once, please."]})
    return _checked(shape, dict(request.query_params.items()))


def given(request: Request, shape: type[Strict]) -> dict[str, Any]:
    """The body, checked. ValidationError."""
    return _checked(shape, request.data)


def _checked(shape: type[Strict], values: Any) -> dict[str, Any]:
    read = shape(data=values)
    read.is_valid(raise_exception=True)
    found: dict[str, Any] = read.validated_data
    return found


def page(row: type[serializers.Serializer[Any]]) -> Any:
    """The shape of a page of rows."""
    name = row.__name__.removesuffix("Serializer")
    fields = {"results": row(many=True), "next": serializers.URLField(allow_null=True)}
    return type(f"{name}Page", (serializers.Serializer,), {**fields, "__doc__": "A page, newest first."})
