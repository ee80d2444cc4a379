"""Check requests and answers against the reconstructed OpenAPI document of BILL v3.

`check_request` is for what a client sends, `check_response` for what a simulator answers. Both raise AssertionError
with the place of the first mismatch. Where the document and the project's page on BILL differ, the page wins: see
`_amended`.
"""

import copy
import json
import re
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

DOCUMENT = Path(__file__).resolve().parents[3] / "shared" / "apis" / "bill-openapi.json"
_WRITE_SCHEMAS = [
    "LoginRequest", "VendorCreate", "VendorUpdate", "BillCreate", "BillUpdate", "ChartOfAccountWrite",
    "ClassificationWrite", "SubscriptionWrite", "SubscriptionPatch", "Address", "BillLineItem", "BillInvoice",
]  # fmt: skip


def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


_formats = FormatChecker(formats=("date", "uuid"))
_formats.checks("date-time", raises=ValueError)(_is_time)


def available() -> bool:
    """True when the document lies beside the project."""
    return DOCUMENT.exists()


def _amended(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what the project's page says otherwise."""
    schemas = document["components"]["schemas"]
    # A PATCH of a bill may carry a part of `invoice`.
    part = copy.deepcopy(schemas["BillInvoice"])
    part.pop("required")
    schemas["BillUpdate"]["properties"]["invoice"] = part
    return document


def _close(schema: Any) -> None:
    """No unknown fields in this schema or below."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
            for value in schema["properties"].values():
                _close(value)
        _close(schema.get("items"))


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return _amended(document)


@cache
def _strict_components() -> dict[str, Any]:
    components: dict[str, Any] = copy.deepcopy(_document()["components"])
    for name in _WRITE_SCHEMAS:
        _close(components["schemas"][name])
    return components


def _operation(request: httpx.Request) -> dict[str, Any]:
    gateway, _, rest = request.url.path.removeprefix("/").partition("/")
    assert gateway in ("connect", "connect-events"), f"{request.url.path}: no such gateway"
    path, method = f"/{rest}", request.method.lower()
    found = [
        (template.count("{"), operations[method])
        for template, operations in _document()["paths"].items()
        if method in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    assert found, f"{request.method} {path}: not in the document"
    operation: dict[str, Any] = min(found, key=lambda one: one[0])[1]
    of_events = any("connect-events" in server["url"] for server in operation.get("servers", ()))
    assert of_events == (gateway == "connect-events"), f"{request.method} {path}: belongs to the other gateway"
    return operation


def _check(schema: dict[str, Any], value: Any, what: str, components: dict[str, Any]) -> None:
    validator = Draft202012Validator({**schema, "components": components}, format_checker=_formats)
    error = next(iter(validator.iter_errors(value)), None)
    if error is not None:
        place = "".join(f"[{part!r}]" for part in error.absolute_path)
        raise AssertionError(f"{what} {place}: {error.message[-300:]}")


def _decoded(content: bytes, what: str) -> Any:
    try:
        return json.loads(content, parse_float=Decimal)
    except ValueError as error:
        raise AssertionError(f"{what}: not JSON: {error}") from None


def _check_parameters(request: httpx.Request, operation: dict[str, Any], what: str) -> None:
    known = {(item["in"], item["name"]): item for item in operation.get("parameters", ())}
    for name in request.url.params:
        assert ("query", name) in known, f"{what} query {name!r}: unknown parameter"
    for (place, name), item in known.items():
        if place == "path":
            continue
        text = request.url.params.get(name) if place == "query" else request.headers.get(name)
        if text is None:
            assert not item.get("required"), f"{what} {place} {name!r}: missing"
            continue
        kind = item["schema"].get("type")
        value: Any = text.split(",") if kind == "array" else int(text) if kind == "integer" else text
        _check(item["schema"], value, f"{what} {place} {name!r}", _strict_components())


def check_request(request: httpx.Request) -> None:
    """Assert that address, parameters, sign-in headers and body are as documented; unknown body fields are refused."""
    operation, what = _operation(request), f"{request.method} {request.url.path}"
    _check_parameters(request, operation, what)
    choices = operation.get("security", ())
    held = any(all(name in request.headers for name in choice) for choice in choices)
    assert held or not choices, f"{what} headers: sign-in headers missing"
    assert "authorization" not in request.headers, f"{what} headers: BILL uses no Authorization header"
    content, body = request.read(), operation.get("requestBody")
    if body is None:
        assert not content, f"{what} body: none is documented"
    elif "application/json" in body["content"]:
        if not content and not body.get("required"):
            return
        assert request.headers.get("content-type", "").startswith("application/json"), f"{what}: content type"
        schema = body["content"]["application/json"]["schema"]
        _check(schema, _decoded(content, f"{what} body"), f"{what} body", _strict_components())


def check_response(request: httpx.Request, response: httpx.Response) -> None:
    """Assert that status, content type and body of an answer are as documented; any error is an array of errors."""
    operation, what = _operation(request), f"{request.method} {request.url.path} -> {response.status_code}"
    components = _document()["components"]
    if response.status_code >= 400:
        reference = operation["responses"].get(str(response.status_code)) or operation["responses"]["400"]
        documented = components["responses"][reference["$ref"].rpartition("/")[2]] if "$ref" in reference else reference
    else:
        assert str(response.status_code) in operation["responses"], f"{what}: status not documented"
        documented = operation["responses"][str(response.status_code)]
    if "content" not in documented:
        assert not response.content, f"{what}: a body where none is documented"
        return
    assert response.headers.get("content-type", "").startswith("application/json"), f"{what}: content type"
    _check(documented["content"]["application/json"]["schema"], _decoded(response.content, what), what, components)
