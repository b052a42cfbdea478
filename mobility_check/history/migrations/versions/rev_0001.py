"""The first schema. New histories are made whole from the models, so nothing makes it any more; a test keeps a copy."""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """A history that is upgraded has it already."""
