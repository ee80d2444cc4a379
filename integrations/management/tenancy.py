"""Finds the tenant that a command acts for."""

from uuid import UUID

from django.core.management.base import CommandError

from tenants.access import tenant_directory


def tenant_of(slug: str) -> UUID:
    """The id behind a slug; raises CommandError with what to do."""
    found = {known: tenant_id for tenant_id, known in tenant_directory()}.get(slug)
    if found is None:
        raise CommandError(f"There is no tenant “{slug}”. Its settings page shows the slug.")
    return found
