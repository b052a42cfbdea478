"""Draws clips of the kick-back test whose true angles are known. Needs the extra ``phantom`` (see README.md here)."""
