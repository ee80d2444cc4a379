"""SearchTerm: one word by which a record is found; full text cannot use an index under row security, a range can."""

from django.db import models

from integrations.models.sync import SourceRecord
from tenants.models import TenantOwned


class SearchTerm(TenantOwned):
    """`term` in lower case: a key, a number, its digits, a word of a name, an amount. Found by prefix, as a range."""

    term = models.CharField(max_length=60, db_collation="C")
    source = models.ForeignKey(SourceRecord, models.CASCADE, related_name="terms", db_constraint=False, db_index=False)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["tenant", "term", "source"], name="search_term_once")]
        indexes = [models.Index("tenant", "source", name="search_term_source")]

    def __str__(self) -> str:
        return self.term
