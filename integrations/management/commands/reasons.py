"""`manage.py reasons > docs/reasons.md`: the catalogue of reasons as a page of the documentation."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.engine.reasons.page import written


class Command(BaseCommand):
    """Prints the page."""

    help = "Print the catalogue of reasons as a page of the documentation."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(written(), ending="")
