"""Which database alias does what."""

from typing import Any


class OwnerMigrates:
    """Only the alias `owner` (signed in as ml_owner) changes the schema."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
