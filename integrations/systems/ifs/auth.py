"""Signs requests with an OAuth2 client-credentials token of IFS IAM (Keycloak-shaped), shared by all workers.

https://docs.ifs.com/techdocs/24r2/030_administration/010_security/040_iam_settings/035_iam_clients/020_authenticate_external_integration/300_client_credential_flow/
"""

import hashlib
from collections.abc import Mapping

import httpx
import msgspec

from integrations.engine.errors import ConnectionBroken, Retryable, SyncError
from integrations.transport.answer import Answer
from integrations.transport.auth import SharedToken, Token
from integrations.transport.client import ApiClient
from integrations.transport.kit import Kit
from integrations.transport.throttle import NoBudget

_ADVICE = {
    "invalid_client": "IFS does not know this client id. Copy it again from the IAM client.",
    "unauthorized_client": "IFS refuses the client secret, or the IAM client has no service account. Check both.",
    "invalid_scope": "IFS refuses the scope. Clear the scope setting to use the default.",
    "unsupported_grant_type": "The IAM client does not allow client credentials. Switch its service account on.",
}


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float = 60.0


class _Refused(msgspec.Struct):
    error: str = ""


class BearerAuth:
    """See transport's Auth. The token's life is what `expires_in` says, never a constant."""

    def __init__(self, values: Mapping[str, str], kit: Kit) -> None:
        self._values = values
        self._realm = f"/auth/realms/{values['realm']}/protocol/openid-connect/token"
        secret = values["client_secret"]
        root = values["base_url"].rstrip("/")
        # The realm is not the API: its calls do not count against the API's limit.
        self._login = ApiClient(root, kit=kit, budget=NoBudget(), classify=self._classify, secrets=(secret,))
        known_by = (root, values["realm"], values["client_id"], secret, values.get("scope", ""))
        digest = hashlib.sha256("\0".join(known_by).encode()).hexdigest()[:32]
        self._token = SharedToken(kit, f"ifs-token:{digest}", self._obtain)

    def __repr__(self) -> str:
        return "<BearerAuth>"

    def sign(self, request: httpx.Request) -> None:
        """Puts the token on; asks for one first where none is shared."""
        request.headers["Authorization"] = f"Bearer {self._token.value()}"

    def renew(self, answer: Answer) -> bool:
        """Forgets the token that was refused; a newer one of another worker stays."""
        self._token.discard(answer.sent.get("authorization", "").removeprefix("Bearer "))
        return True

    def close(self) -> None:
        """Closes the connections to the realm."""
        self._login.close()

    def _obtain(self) -> Token:
        form = {
            "grant_type": "client_credentials",
            "client_id": self._values["client_id"],
            "client_secret": self._values["client_secret"],
            "scope": self._values.get("scope") or "openid microprofile-jwt",
        }
        body = str(httpx.QueryParams(form)).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._login.send("POST", self._realm, content=body, headers=headers, harmless=True)
        granted = answer.decode(_Granted)
        return Token(granted.access_token, granted.expires_in)

    def _classify(self, answer: Answer, _is_write: bool) -> SyncError | None:
        """What the realm's answer means; 5xx may be an environment that is asleep."""
        if answer.status == 404:
            words = f"IFS has no realm “{self._values['realm']}”. Copy it from the token address of the IAM client."
            return ConnectionBroken(words, code="realm", detail=answer.text())
        if answer.status in (400, 401, 403):
            refused = answer.peek(_Refused)
            code = refused.error if refused else ""
            words = _ADVICE.get(code, "IFS refuses to sign in. Check client id, client secret and realm.")
            return ConnectionBroken(words, code="sign_in", detail=answer.text())
        if answer.status >= 500:
            return Retryable(
                "IFS cannot sign us in just now; an idle environment may be waking up.", code="sign_in_later"
            )
        return None
