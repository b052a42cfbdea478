"""The project's five tasks. They run in the environment that nox is installed in: ``.venv/bin/nox -s lint``.

CI, pre-commit and people run these, so each command stands here once.
"""

from __future__ import annotations

import sys

import nox

nox.options.sessions = ["lint", "types", "test"]


def module(session: nox.Session, *words: str, **env: str) -> None:
    """Runs a tool of this environment, whatever the PATH says."""
    session.run(sys.executable, "-m", *words, external=True, env=env)


@nox.session(python=False)
def lint(session: nox.Session) -> None:
    """Rules and layout of the code."""
    module(session, "ruff", "check", ".")
    module(session, "ruff", "format", "--check", ".")


@nox.session(python=False)
def types(session: nox.Session) -> None:
    """Types, in strict mode."""
    module(session, "mypy")


@nox.session(python=False)
def test(session: nox.Session) -> None:
    """The suite; what follows ``--`` goes to pytest."""
    module(session, "pytest", *session.posargs)


@nox.session(python=False)
def docs(session: nox.Session) -> None:
    """The documentation site, into ``site/``; a dead link or a missing page fails."""
    module(session, "mkdocs", "build", "--strict", NO_MKDOCS_2_WARNING="1")


@nox.session(python=False)
def fit(session: nox.Session) -> None:
    """Coefficients of the estimator from the committed table, then the page of accuracy."""
    module(session, "calibration.fit")
    module(session, "calibration.page")
