"""How AvidXchange says no: its gateway with WSO2 faults (JSON or XML), the application with exceptions.

Fault codes: https://apim.docs.wso2.com/en/latest/troubleshooting/error-handling/
"""

from collections.abc import Mapping
from html import escape

from integrations.systems.avidxchange.simulator.wire import Json, encode

_TITLES = {
    900800: "Message throttled out",
    900803: "Application level throttle limit exceeded",
    900901: "Invalid Credentials",
    900902: "Missing Credentials",
    900903: "Access Token Expired",
    900906: "No matching resource found",
    900908: "Resource forbidden",
    900910: "The access token does not allow you to access the requested resource",
}
_FORMAT = (
    '<am:fault xmlns:am="http://wso2.org/apimanager"><am:code>{code}</am:code><am:type>Status report</am:type>'
    "<am:message>{message}</am:message><am:description>{description}</am:description></am:fault>"
)


class Refusal(Exception):
    """A request that is refused: status, JSON body and headers. `code` is the gateway's, 0 for the application's."""

    def __init__(self, status: int, body: Json, code: int = 0, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {body}")
        self.status, self.body, self.code, self.headers = status, body, code, dict(headers or {})

    def content(self, form: str) -> tuple[str, bytes]:
        """(content type, bytes); only the gateway's faults may be XML."""
        if self.code and form == "xml":
            fault = {key: escape(str(value)) for key, value in self.body["fault"].items()}
            return "application/xml; charset=UTF-8", _FORMAT.format(**fault).encode()
        return "application/json; charset=UTF-8", encode(self.body) if self.body else b""


def fault(status: int, code: int, description: str = "", headers: Mapping[str, str] | None = None) -> Refusal:
    """A fault of the gateway."""
    message = _TITLES.get(code, "Unclassified failure")
    body = {"fault": {"code": code, "message": message, "description": description or message}}
    return Refusal(status, body, code, headers)


def problem(status: int, reason: str, detail: str) -> Refusal:
    """An exception of the application behind the gateway."""
    return Refusal(status, {"exception": {"reason": reason, "detail": detail}})


def invalid(detail: str) -> Refusal:
    """400: the request as a whole cannot be read."""
    return problem(400, "BadRequest", detail)


def missing(what: str) -> Refusal:
    """404 of the application: the address is right, the record is not there."""
    return problem(404, "NotFound", f"{what} was not found.")


def unauthorized(shape: str, code: int, detail: str) -> Refusal:
    """401 in one of its three shapes."""
    if shape == "exception":
        return problem(401, "Unauthorized", detail)
    if shape == "challenge":
        header = 'OAuth2 realm="WSO2 API Manager", error="invalid_token"'
        return Refusal(401, {}, headers={"www-authenticate": header})
    return fault(401, code, detail)
