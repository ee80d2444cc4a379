"""HTTP for every system: signing, paging, limits, retries, caps and error translation. No vendor, no database."""
