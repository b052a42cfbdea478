"""What axe finds on a page, and no more work than that needs: it is injected once a page, and asked rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

COLOUR_RULES = ("color-contrast", "link-in-text-block")
"""All that a colour scheme can change."""


def violations(page: Any, *impacts: str, rules: tuple[str, ...] = (), preload: bool = False) -> list[str]:
    """Violations of these impacts, each with its first places; ``rules`` are all of axe's when none is named.

    ``preload`` reads the style sheets too, of which one rule asks whether they forbid to turn the screen.
    Pages inside the page are left out: axe waits half a second for each to answer, and it would have to be in there.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed (test extra)")
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe.Axe().axe_script)
    options: dict[str, Any] = {"resultTypes": ["violations"], "iframes": False, "preload": preload}
    if rules:
        options["runOnly"] = list(rules)
    found = page.evaluate("async (options) => (await axe.run(options)).violations", options)
    return [
        f"{v['impact']}: {v['id']} {[(n['target'], n['html']) for n in v['nodes']][:3]}"
        for v in found
        if v["impact"] in impacts
    ]
