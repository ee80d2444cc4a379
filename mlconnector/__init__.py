"""Wiring: settings, addresses, the task queue."""

from mlconnector.celery import app as celery_app

__all__ = ["celery_app"]
