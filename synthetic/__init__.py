"""Recordings and results that nobody filmed, with known answers: for the tests and the benchmarks, not installed."""
