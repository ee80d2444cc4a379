"""The task queue: Redis carries ids only; rows are the queue. A task can run twice, or twice at once: fence it."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlconnector.settings")

app = Celery("mlconnector")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def _keep_our_logs(**_: Any) -> None:
    """Being connected is enough: Celery then leaves the loggers of mlconnector.logs alone."""


@worker_init.connect
@beat_init.connect
def _refuse_privileged_role(**_: Any) -> None:
    from django.core.exceptions import ImproperlyConfigured  # models are loaded by now, not at import

    from tenants.roles import refuse_before_forking

    try:
        refuse_before_forking()
    except ImproperlyConfigured as error:
        sys.exit(str(error))  # Celery swallows other exceptions of a signal's receiver
