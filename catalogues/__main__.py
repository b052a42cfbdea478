"""Brings the catalogues up to date, or checks that they are."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from catalogues.extract import PACKAGE, template
from catalogues.faults import faults, forms
from mobility_check.language import DOMAIN, FOLDER, LANGUAGES

TRANSLATED = tuple(code for code in LANGUAGES if code != "en")


def po_path(code: str) -> Path:
    """Where a language's catalogue lies; the compiled one is beside it."""
    return FOLDER / code / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(path: Path, code: str | None = None) -> Catalog:
    """A catalogue as it is committed."""
    with path.open("rb") as file:
        return read_po(file, locale=code, domain=DOMAIN)


def compiled(catalog: Catalog) -> bytes:
    """The binary form that gettext reads."""
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def _written(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalog, include_lineno=False, ignore_obsolete=True, sort_by_file=True, width=120)
    return buffer.getvalue()


def update() -> None:
    """Extract all messages, bring each language up to date and compile it; new messages are left empty."""
    fresh = template()
    (FOLDER / f"{DOMAIN}.pot").write_bytes(_written(fresh))
    for code in TRANSLATED:
        path = po_path(code)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = read(path, code) if path.exists() else Catalog(locale=code, domain=DOMAIN)
        catalog.update(fresh, no_fuzzy_matching=True, update_creation_date=False)
        path.write_bytes(_written(catalog))
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        print(f"{code}: {sum(not _done(m) for m in catalog if m.id)} of {len(catalog)} messages are not translated")


def _done(message: Message) -> bool:
    strings = forms(message.string)
    return bool(strings) and all(strings) and not message.fuzzy


def check() -> Iterator[str]:
    """What is wrong: stale, incomplete or faulty catalogues."""
    fresh, known = template(), read(FOLDER / f"{DOMAIN}.pot")
    if {(m.id, m.context) for m in fresh} != {(m.id, m.context) for m in known}:
        yield f"{DOMAIN}.pot is not fresh; run: python -m catalogues update"
    for code in TRANSLATED:
        catalog = read(po_path(code), code)
        for message in fresh:
            own = catalog.get(message.id, message.context) if message.id else None
            if message.id and (own is None or not _done(own)):
                yield f"{code}: not translated: {message.id!r}"
            elif own is not None:
                yield from (f"{code}: {fault}: {message.id!r}" for fault in faults(own, catalog.num_plurals))
        if compiled(catalog) != po_path(code).with_suffix(".mo").read_bytes():
            yield f"{code}: the compiled catalogue is not fresh; run: python -m catalogues update"


def main() -> None:
    """``update`` or ``check``."""
    if sys.argv[1:] == ["update"]:
        update()
    elif sys.argv[1:] == ["check"]:
        wrong = list(check())
        print(*wrong, sep="\n")
        sys.exit(bool(wrong))
    else:
        sys.exit(f"Say update or check; the catalogues are in {FOLDER.relative_to(PACKAGE.parent)}")


if __name__ == "__main__":
    main()
