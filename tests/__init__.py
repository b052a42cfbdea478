"""Tests of the package by its modules, and of the whole in ``integration`` and ``field``."""

import os
import sys

# Several test processes share the cores. Threads of linear algebra that wait for one another would burn them: the
# refit of the coefficients takes twelve times as long with them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# jsonschema would build 38 grammars with it in every test process, for formats that nothing here asks about.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
