"""The result, its schema and its sentences: every sentence has one home."""
