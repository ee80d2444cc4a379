"""Logs: one JSON object per line on standard error, control characters escaped, secrets masked."""

import logging
import logging.config
from collections.abc import Mapping
from typing import Any

import structlog
from django.conf import settings

from integrations.transport.redact import RedactingProcessor

SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.PositionalArgumentsFormatter(),
    structlog.processors.format_exc_info,
]


def configure(options: Mapping[str, Any]) -> None:
    """Django's LOGGING_CONFIG. `options`: {"level": "INFO"}."""
    secrets = [settings.SECRET_KEY, *settings.CREDENTIAL_KEYS]
    masked: list[structlog.typing.Processor] = [*SHARED, RedactingProcessor(secrets)]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": masked,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.JSONRenderer(),
                    ],
                }
            },
            "handlers": {"standard": {"class": "logging.StreamHandler", "formatter": "json"}},
            "root": {"handlers": ["standard"], "level": options["level"]},
            "loggers": {
                # At INFO these print whole addresses, queries included.
                "httpx": {"level": "WARNING"},
                "httpcore": {"level": "WARNING"},
                # At INFO these say every second that beat has ticked.
                "celery.beat": {"level": "WARNING"},
                "celery.worker.strategy": {"level": "WARNING"},
                "celery.app.trace": {"level": "WARNING"},
                "django_structlog.celery": {"level": "WARNING"},
            },
        }
    )
    structlog.configure(
        processors=[*masked, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
