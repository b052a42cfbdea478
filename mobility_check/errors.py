"""Every error this package raises on purpose, and the exit code of each branch.

::

    MobilityCheckError            1  (never raised itself)
    ├── UsageError                2  the call is wrong: an option, a settings file, a pair of arguments
    │   └── MissingExtraError     2  a part that is installed separately is not there
    ├── InputError                3  a clip, track, camera or table cannot be read
    ├── ModelError                4  a pose model is missing, damaged or cannot be loaded
    ├── StoreError                5  the history cannot be opened, is newer than this program, or refuses
    ├── OutputError               3  a file cannot be written (read-only, disk full)
    └── BatchFailures             6  a batch finished, some clips failed

Footage that shows no kick-back test is *not* an error: it gives a result with status ``not_scored`` (exit code 10).
Each message is one plain sentence that says what is wrong and what to do next. It is given in English with named fields
(``InputError("'{name}' is empty; copy it again.", name=path)``): ``str(error)`` is the English sentence, for logs and
tables, ``error.shown`` the one in the user's language.
"""

from __future__ import annotations

from mobility_check.language import N_, gettext, retold

SYSTEM = (
    N_("Connection refused"),
    N_("Directory not empty"),
    N_("File exists"),
    N_("File name too long"),
    N_("Input/output error"),
    N_("Is a directory"),
    N_("No space left on device"),
    N_("No such file or directory"),
    N_("Not a directory"),
    N_("Operation not permitted"),
    N_("Permission denied"),
    N_("Read-only file system"),
    N_("Too many levels of symbolic links"),
)
"""What the system says of a file; it stands as the reason in many of our sentences."""

EXIT_OK = 0
EXIT_NOT_SCORED = 10
EXIT_INTERRUPTED = 130


class MobilityCheckError(Exception):
    """Base of all errors raised on purpose; its text is meant for the user."""

    exit_code = 1

    def __init__(self, message: str, /, **values: object) -> None:
        super().__init__(message.format(**values) if values else message)
        self.message = message
        plain = (str, int, float, MobilityCheckError)
        self.values = {name: value if isinstance(value, plain) else str(value) for name, value in values.items()}

    @property
    def shown(self) -> str:
        """The sentence in the user's language; a text that is in no catalogue as it is."""
        if not self.values:
            return retold(self.message)
        return gettext(self.message, **{name: _shown(name, value) for name, value in self.values.items()})


def _shown(name: str, value: object) -> object:
    """A field in the user's language, where it is a sentence or a phrase of ours itself."""
    if isinstance(value, MobilityCheckError):
        return value.shown
    if not isinstance(value, str) or (" " not in value and name != "noun"):
        return value
    return retold(value) if name == "why" else gettext(value)


class UsageError(MobilityCheckError):
    """The call is wrong: an unknown option, contradictory arguments, a bad settings file."""

    exit_code = 2


class MissingExtraError(UsageError):
    """An optional part is not installed; the message holds the one-line install hint."""


class InputError(MobilityCheckError):
    """A clip, track, camera or table cannot be read."""

    exit_code = 3


class OutputError(MobilityCheckError):
    """A result file cannot be written."""

    exit_code = 3


class ModelError(MobilityCheckError):
    """A pose model is missing, damaged, or cannot be loaded."""

    exit_code = 4


class StoreError(MobilityCheckError):
    """The history store cannot be opened, is newer than this program, or refuses the request."""

    exit_code = 5


class BatchFailures(MobilityCheckError):  # noqa: N818 - not a fault of the run, its outcome
    """A batch ran to its end but some clips failed."""

    exit_code = 6
