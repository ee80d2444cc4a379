"""The Django app that holds systems, flows and their records."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Connections, integrations, flows, runs, review."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """/readyz also asks whether workers serve the clock."""
        from integrations.runner.dispatch import heartbeat_trouble  # models are loaded by now
        from tenants.web import health

        health.CHECKS["worker"] = heartbeat_trouble
