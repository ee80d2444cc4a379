"""How many requests a caller may send: so many per clock minute, counted atomically in Redis for all web processes."""

import time

import redis
import structlog
from django.conf import settings
from django.core.cache import cache
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from integrations.api.signin import caller_of
from tenants.access import Place

_MINUTE = 60
log = structlog.get_logger(__name__)


def count(request: Request, place: Place | None) -> None:
    """Count one request of this caller; of nobody in particular by address. Raises Throttled above the limit.

    Redis being away stops nobody: its loss costs delay, never the product.
    """
    address = BaseThrottle().get_ident(request)  # X-Forwarded-For counts only from the proxies in NUM_PROXIES
    who, most = (caller_of(place), settings.API_PER_MINUTE) if place else (f"at:{address}", settings.API_STRANGERS)
    now = time.time()
    name = f"api:{who}:{int(now // _MINUTE)}"
    try:
        cache.add(name, 0, 2 * _MINUTE)
        sent = cache.incr(name)
    except redis.RedisError:
        log.warning("api_limit_not_counted")
        return
    if sent > most:
        raise Throttled(wait=_MINUTE - now % _MINUTE)
