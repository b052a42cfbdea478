"""Saved sessions as tables, JSON and FHIR, and back. Pure but for the writers: records in, text or bytes out."""
