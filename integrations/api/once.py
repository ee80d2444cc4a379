"""`Idempotency-Key`: a POST that is sent again gets the first one's answer; the act is done once.

The answer is kept in the transaction of the act itself: both are there, or neither. A refusal is not kept, so that the
same key may be used again when what was wrong is mended.
"""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError

from integrations.api.signin import caller_of
from integrations.models import IdempotencyKey
from tenants.access import Place

KEPT = timedelta(days=7)
GIVEN_UP = timedelta(minutes=15)  # longer than any request takes: whoever began it is dead, and nothing was done
_DROPPED_AT_ONCE = 500


class UnderWay(APIException):
    """The first request with this key has not ended."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "A request with this Idempotency-Key is under way. Ask again in a moment."
    default_code = "under_way"


class OtherRequest(APIException):
    """The key was used before, for something else."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = "This Idempotency-Key belongs to another request. Use a new key for a new request."
    default_code = "idempotency_key_reused"


class Once:
    """One request that carries a key."""

    def __init__(self, place: Place, request: HttpRequest, key: str) -> None:
        if not (0 < len(key) <= 200 and key.isascii() and key.isprintable()):
            raise ValidationError({"Idempotency-Key": ["1 to 200 printable ASCII letters, such as a UUID."]})
        self.place, self.key, self.caller = place, key, caller_of(place)
        asked = f"{request.method} {request.get_full_path()}\n".encode() + request.body
        self.digest = hashlib.sha256(asked).hexdigest()

    def begin(self) -> tuple[int, Any] | None:
        """None: nobody has done it, go on. Else (status, body) of the first answer. Raises UnderWay, OtherRequest."""
        now = timezone.now()
        with self.place.scope():
            self._drop_old(now)
            if self._claim(now):
                return None
            row = IdempotencyKey.objects.get(caller=self.caller, key=self.key)
            if row.digest != self.digest:
                raise OtherRequest
            if row.status is None:
                self._take_over(now)
                return None
            return row.status, row.body

    def keep(self, code: int, body: bytes, without: Sequence[str] = ()) -> None:
        """Keep the answer, in the open scope of the act, or in one of its own; the members `without` become null."""
        answer = json.loads(body) if body else None
        if without and isinstance(answer, dict):
            answer |= dict.fromkeys(without)
        with self.place.scope():
            self._mine().update(status=code, body=answer)

    def forget(self) -> None:
        """It was refused: nothing was done."""
        with self.place.scope():
            self._mine().filter(status=None).delete()

    def _mine(self) -> Any:
        return IdempotencyKey.objects.filter(caller=self.caller, key=self.key)

    def _claim(self, now: datetime) -> bool:
        try:
            with transaction.atomic():
                IdempotencyKey.objects.create(caller=self.caller, key=self.key, digest=self.digest, at=now)
        except IntegrityError:
            return False
        return True

    def _take_over(self, now: datetime) -> None:
        if not self._mine().filter(status=None, at__lt=now - GIVEN_UP).update(at=now):
            raise UnderWay

    def _drop_old(self, now: datetime) -> None:
        old = IdempotencyKey.objects.filter(at__lt=now - KEPT).order_by("at").values("pk")[:_DROPPED_AT_ONCE]
        IdempotencyKey.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()
