"""Names of the schema revisions this program knows, oldest first; read without importing Alembic, which is slow."""

from __future__ import annotations

VERSION_TABLE = "mobility_schema"
KNOWN = ("0001", "0002", "0003", "0004", "0005")
HEAD = KNOWN[-1]
