"""BILL's session: made once, shared by all workers, made anew when it ended or may have ended.

A session cannot be refreshed; it ends after 35 minutes (user) or 48 hours (sync token) without a request, and each
request starts that time again. So beside the session we share when it was last used, and sign in again before BILL
would say that it is too old.
https://developer.bill.com/reference/login  https://developer.bill.com/docs/token-based-sign-in
"""

import hashlib
import threading

import httpx

from integrations.engine.errors import ConnectionBroken, Rejected
from integrations.systems.bill.errors import BROKEN, WRONG_PATH
from integrations.systems.bill.settings import Options
from integrations.systems.bill.wire import WireSession
from integrations.transport.answer import Answer
from integrations.transport.auth import SharedToken, Token
from integrations.transport.client import ApiClient
from integrations.transport.kit import Budget, Kit

# Seconds without a request after which a session is not trusted to live any more: BILL ends it after 35 min or 48 h.
USER_IDLE = 25 * 60.0
TOKEN_IDLE = 40 * 3600.0
# BILL documents no absolute end; after so long a new session costs one sign-in and removes the doubt.
USER_LIFE = 24 * 3600.0
TOKEN_LIFE = 7 * 24 * 3600.0
# How often one worker notes that the session is in use.
NOTE_EVERY = 60.0


class SessionAuth:
    """Puts `devKey` and `sessionId` on every request, signing in first where needed.

    `login` is an ApiClient of the data gateway without authentication. Raises ConnectionBroken when BILL refuses the
    credentials (they are not tried again by themselves), Retryable when it cannot be asked.
    """

    def __init__(self, options: Options, kit: Kit, login: ApiClient, budget: Budget) -> None:
        self._options, self._kit, self._login, self._budget = options, kit, login, budget
        self._token = SharedToken(kit, options.session_name, self._sign_in)
        self._idle = TOKEN_IDLE if options.sync_token else USER_IDLE
        self._noted: tuple[str, float] = ("", 0.0)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "<SessionAuth>"

    def sign(self, request: httpx.Request) -> None:
        """See transport's Auth. https://developer.bill.com/docs/bill-keys-tokens"""
        request.headers["devKey"] = self._options.dev_key
        request.headers["sessionId"] = self.session()

    def renew(self, answer: Answer) -> bool:
        """Forgets the session that BILL refused; a newer one of another worker stays."""
        self._token.discard(answer.sent.get("sessionid", ""))
        return True

    def session(self) -> str:
        """The shared session, new when the last request under it is too long ago."""
        found = self._token.value()
        with self._lock:
            session, noted = self._noted
        if found == session and self._kit.now().timestamp() - noted < NOTE_EVERY:
            return found
        if self._kit.tokens.get(self._in_use(found)) is None:
            self._token.discard(found)
            found = self._token.value()
        self._note(found)
        return found

    def _in_use(self, session: str) -> str:
        return f"{self._options.session_name}:in-use:{hashlib.sha256(session.encode()).hexdigest()[:16]}"

    def _note(self, session: str) -> None:
        self._kit.tokens.put(self._in_use(session), "yes", self._idle)
        with self._lock:
            self._noted = (session, self._kit.now().timestamp())

    def _sign_in(self) -> Token:
        session = self.ask()
        self._note(session.session_id or "")
        return Token(session.session_id or "", TOKEN_LIFE if self._options.sync_token else USER_LIFE)

    def ask(self) -> WireSession:
        """One sign-in. Raises ConnectionBroken with the advice when it is refused."""
        options = self._options
        body = {
            "username": options.username,
            "password": options.password,
            "organizationId": options.organization_id,
            "devKey": options.dev_key,
        }
        if options.device and options.remember_me_id:
            body |= {"device": options.device, "rememberMeId": options.remember_me_id}
        self._budget.login()
        try:
            answer = self._login.send("POST", "/v3/login", json=body, harmless=True)
        except Rejected as error:
            advice = "BILL refuses the sign-in. Check every value of the connection, then ping again."
            raise ConnectionBroken(advice, code="login_refused", detail=error.detail) from None
        if answer.status == 404:
            code, advice = BROKEN[WRONG_PATH]
            raise ConnectionBroken(advice, code=code, detail=answer.text())
        session = answer.decode(WireSession)
        if not session.session_id:
            raise answer.unreadable("the sign-in's answer has no sessionId")
        if session.organization_id and session.organization_id != options.organization_id:
            raise ConnectionBroken(
                f"BILL signed in to the organization {session.organization_id[:40]}, not to the one entered.",
                code="organization",
            )
        return session
