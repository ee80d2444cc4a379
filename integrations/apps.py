"""The Django app that holds systems, flows and their records."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Connections, integrations, flows, runs, review."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """/readyz also asks whether beat ticks and workers do what it asks for."""
        from integrations.runner import dispatch  # models are loaded by now
        from tenants.web import health

        health.CHECKS |= {"beat": dispatch.beat_trouble, "worker": dispatch.worker_trouble}
