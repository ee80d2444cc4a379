"""Early plugin: with `-n`, each pytest process has a logical Redis database of its own, as it has one of PostgreSQL.

A conftest would be too late: the settings are read before.
"""

import os
from urllib.parse import urlsplit

if worker := os.environ.get("PYTEST_XDIST_WORKER", ""):
    _url = urlsplit(os.environ["REDIS_URL"])
    _own = int(_url.path.strip("/") or 0) + int(worker.removeprefix("gw"))
    os.environ["REDIS_URL"] = _url._replace(path=f"/{_own}").geturl()
