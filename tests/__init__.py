"""Tests of the package by its modules, and of the whole in ``integration`` and ``field``."""

import os

# Several test processes share the cores. Threads of linear algebra that wait for one another would burn them: the
# refit of the coefficients takes twelve times as long with them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
