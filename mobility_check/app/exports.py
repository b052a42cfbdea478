"""A person's sessions as a file: tables, JSON, FHIR, or the newest report as PDF."""

from __future__ import annotations

import tempfile
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mobility_check.app.measure import queue_of
from mobility_check.app.people import known, subject_named
from mobility_check.export.formats import Format, write_records
from mobility_check.names import safe_name

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
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"sessions.{kind}"
        if kind == "pdf":
            _print(records[-1].id, target, request)
        else:
            write_records(records, target, Format(kind))
        return target.read_bytes()


def _print(session_id: str, target: Path, request: Request) -> None:
    from mobility_check.app.saved import stored_page
    from mobility_check.report.pdf import print_pdf

    store, database = queue_of(request).store, request.app.state.database
    source = target.with_suffix(".html")
    source.write_text(stored_page(session_id, None, store=store, database=database, inline=True), encoding="utf-8")
    print_pdf(source, target)


ROUTES: list[BaseRoute] = [Route("/people/{key}/export/{kind}", export)]
