"""dlt doing the pull's easier half: headers with their three lines, merged into plain tables without policies.

No postings, no ledger items, no due items, no audit. Pages come through dlt's own HTTP session from the same stand-in.
https://dlthub.com/docs/general-usage/merge-loading
"""

import importlib
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import psycopg

from bench.hand_bare import INVOICES, PAGE
from bench.meter import Meter

HEADER = "InvoiceId,Identity,Name,InvoiceNo,InvoiceDate,DueDate,Currency,NetCurrAmount,VatCurrAmount,Objstate"
LINE = "InvoiceId,ItemId,Description,VatCode,NetCurrAmount,VatCurrAmount"


def pull(erp: str, database: str, most: int) -> dict[str, Any]:
    """Merge the first `most` invoices; every row counted in the table it lands in, which is dropped again."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["RUNTIME__LOG_LEVEL"] = "ERROR"
    dlt: Any = importlib.import_module("dlt")
    requests: Any = importlib.import_module("dlt.sources.helpers.requests")
    destination = dlt.destinations.postgres(credentials=database.replace("postgres://", "postgresql://", 1))
    with tempfile.TemporaryDirectory() as folder, psycopg.connect(database, autocommit=True) as connection:
        resource = dlt.resource(
            _invoices(requests.Client().session, erp, most),
            name="invoices",
            write_disposition="merge",
            primary_key="InvoiceId",
        )
        pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination=destination, dataset_name="dlt_bench")
        meter = Meter(connection.info.backend_pid)
        pipeline.run(resource)
        cost = meter.stop()
        found = connection.execute(
            "SELECT count(*), (SELECT count(*) FROM dlt_bench.invoices__lines) FROM dlt_bench.invoices"
        )
        rows, lines = found.fetchone() or (0, 0)
        for schema in ("dlt_bench", "dlt_bench_staging"):
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    return {"rows": rows, "lines": lines, **cost.plain()}


def _invoices(session: Any, erp: str, most: int) -> Iterator[list[dict[str, Any]]]:
    form = {"grant_type": "client_credentials", "client_id": "ml-connector", "client_secret": "demo-secret"}
    token = session.post(f"{erp}/auth/realms/demo/protocol/openid-connect/token", data=form).json()["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"

    def rows(path: str, where: str, order: str, select: str) -> list[dict[str, Any]]:
        query = f"$filter={quote(where)}&$select={select}&$orderby={order}&$top={PAGE}"
        found: list[dict[str, Any]] = session.get(f"{erp}{path}?{query}").json()["value"]
        return found

    last = 0
    while last < most:
        heads = rows(f"{INVOICES}Set", f"(Company eq '10') and (InvoiceId gt {last})", "InvoiceId", HEADER)
        if not heads:
            return
        first, last = heads[0]["InvoiceId"], heads[-1]["InvoiceId"]
        lines: dict[int, list[dict[str, Any]]] = defaultdict(list)
        seen = (first, 0)
        while True:
            bounds = f"(Company eq '10') and (InvoiceId ge {seen[0]}) and (InvoiceId le {last})"
            page = rows(f"{INVOICES}ItemSet", bounds, "InvoiceId,ItemId", LINE)
            for row in page:
                if (row["InvoiceId"], row["ItemId"]) > seen:
                    lines[row["InvoiceId"]].append(row)
            seen = (page[-1]["InvoiceId"], page[-1]["ItemId"])
            if len(page) < PAGE:
                break
        yield [{**head, "lines": lines[head["InvoiceId"]]} for head in heads]
