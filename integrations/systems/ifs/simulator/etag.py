"""Entity tags as IFS writes them: a weak tag around the base64 of another weak tag.

Shape: ``W/"`` + base64(``W/"objid:objversion"``) + ``"``; read by guides such as
https://docs.novacura.com/flow-ifs-cloud-development-guidelines
"""

import base64
from datetime import datetime


def tag(objid: str, objversion: int) -> str:
    """The ETag header value of a row version."""
    inner = f'W/"{objid}:{objversion}"'
    return 'W/"' + base64.b64encode(inner.encode()).decode() + '"'


def objid(entity_number: int, row: int) -> str:
    """A ROWID-like text, stable for the row's life."""
    return "AAA" + base64.b64encode(entity_number.to_bytes(3, "big") + row.to_bytes(6, "big")).decode()


def date_version(moment: datetime) -> int:
    """YYYYMMDDHHMMSS: two writes within a second keep the tag."""
    return int(moment.strftime("%Y%m%d%H%M%S"))


def matches(header: str, current: str) -> bool:
    """Whether an If-Match header (a list, or ``*``) names the current tag."""
    return header.strip() == "*" or current in (each.strip() for each in header.split(","))
