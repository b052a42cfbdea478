"""One self-contained HTML page about a session: the answer, the evidence for it, and what to do next."""

from __future__ import annotations

from mobility_check.report.data import Picture, Pictures, Progress, ProgressPoint, ReportData
from mobility_check.report.page import render, write_report

__all__ = ["Picture", "Pictures", "Progress", "ProgressPoint", "ReportData", "render", "write_report"]
