"""Health: `/healthz` says the process answers, `/readyz` that it can work."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from tenants.web.middleware import global_view

Check = Callable[[], str]


def database() -> str:
    """ "" when the database answers, else what is wrong."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return type(error).__name__
    return ""


def broker() -> str:
    """ "" when Redis answers, else what is wrong."""
    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping()
    except redis.RedisError as error:
        return type(error).__name__
    return ""


# Further apps add theirs (heartbeats of beat and workers): name -> "" or what is wrong.
CHECKS: dict[str, Check] = {"database": database, "redis": broker}


@global_view
@login_not_required
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@global_view
@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when every check passes, else 503; each check by name, never an address or a password."""
    checks = {name: check() or "ok" for name, check in CHECKS.items()}
    ready = all(answer == "ok" for answer in checks.values())
    return JsonResponse({"status": "ok" if ready else "unavailable", "checks": checks}, status=200 if ready else 503)
