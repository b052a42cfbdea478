"""Looks at this computer and says in plain sentences what works, what does not, and what to do about it."""

from __future__ import annotations

from mobility_check.doctor.checks import CHECKS, Finding, examine

__all__ = ["CHECKS", "Finding", "examine"]
