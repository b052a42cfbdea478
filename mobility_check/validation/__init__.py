"""How well two ways of measuring the same angle agree: statistics, the users' tables, and the Bland–Altman plot."""
