"""A person's sessions as a file: tables, JSON, FHIR, or the newest report as PDF."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mobility_check.app.measure import queue_of
from mobility_check.app.people import known, subject_named
from mobility_check.names import safe_name

if TYPE_CHECKING:
    from mobility_check.history.records import Record

EXPORTS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "fhir": "application/fhir+json",
    "pdf": "application/pdf",
}
ENDINGS = {"fhir": "fhir.json"}


async def export(request: Request) -> Response:
    """A person's sessions as a file."""
    subject, kind = subject_named(request), request.path_params["kind"]
    if kind not in EXPORTS:
        raise HTTPException(404)
    data = await run_in_threadpool(_exported, subject, kind, request)
    name = f"{safe_name(subject)}.{ENDINGS.get(kind, kind)}"
    return Response(data, media_type=EXPORTS[kind], headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _exported(subject: str, kind: str, request: Request) -> bytes:
    with known(subject, request.app.state.database) as store:
        records = list(store.records(subject))
    if kind == "pdf":
        return _pdf(records[-1].id, request)
    if kind == "xlsx":
        return _workbook(records)
    return "".join(_text(records, kind)).encode()


def _text(records: list[Record], kind: str) -> Any:
    from mobility_check.export import exchange, fhir, tidy

    if kind == "fhir":
        return json.dumps(fhir.bundle(records), indent=2)
    return exchange.json_text(records) if kind == "json" else tidy.csv_text(records)


def _workbook(records: list[Record]) -> bytes:
    from mobility_check.export.workbook import write_xlsx

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "sessions.xlsx"
        write_xlsx(records, target)
        return target.read_bytes()


def _pdf(session_id: str, request: Request) -> bytes:
    from mobility_check.app.wiring import stored_page
    from mobility_check.report.pdf import print_pdf

    html = stored_page(
        session_id, None, store=queue_of(request).store, database=request.app.state.database, inline=True
    )
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(html, encoding="utf-8")
        print_pdf(source, target)
        return target.read_bytes()


ROUTES: list[BaseRoute] = [Route("/people/{key}/export/{kind}", export)]
