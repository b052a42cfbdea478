"""The translations' catalogues: extracts the messages, brings each language up to date, checks and compiles them.

``python -m catalogues update`` after a sentence was added or changed, ``python -m catalogues check`` in CI.
Where a message comes from and how it is marked: ``mobility_check/language.py`` and CONTRIBUTING.md.
"""
