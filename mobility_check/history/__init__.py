"""Saved sessions of pseudonymous subjects, and whether they changed. Import from the modules; this one is empty."""
