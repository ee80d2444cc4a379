"""A receiver of webhooks on 127.0.0.1, which checks signatures by the specification, without our code.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from django.test import override_settings


@dataclass
class Message:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def signed_by(self, secret: str) -> bool:
        """Whether one of its signatures was made with this secret, just now."""
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        content = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        mine = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        fresh = abs(time.time() - int(self.headers["webhook-timestamp"])) < 300
        given = [each.split(",", 1) for each in self.headers["webhook-signature"].split(" ")]
        return fresh and any(version == "v1" and hmac.compare_digest(mine, each) for version, each in given)


@dataclass
class Receiver:
    """What came, and what is answered: `answers` in turn, then 200."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    answers: list[int | Callable[[Any], None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/in"


@contextmanager
def receiving(*answers: int | Callable[[Any], None]) -> Iterator[Receiver]:
    """A receiver that the operator has approved."""
    receiver = Receiver(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.messages.append(Message({k.lower(): v for k, v in self.headers.items()}, body))
            answer = receiver.answers.pop(0) if receiver.answers else 200
            if callable(answer):
                answer(self)
                return
            self.send_response(answer)
            if 300 <= answer < 400:
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        Thread(target=server.serve_forever, daemon=True).start()
        with override_settings(EGRESS_ALLOW_PRIVATE=True, EGRESS_ALLOWED_HOSTS=[f"127.0.0.1:{receiver.port}"]):
            yield receiver
        server.shutdown()
