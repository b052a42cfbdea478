"""The one table of why a file failed: a code, a plain sentence, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

PROBLEMS: dict[str, tuple[str, str]] = {
    # before anything was read
    "missing_file": ("There is no such file.", "Check the path, or take it out of the list."),
    "not_a_file": ("This is not an ordinary file.", "Name a video file, a saved track or a folder."),
    "empty_file": ("The file is empty (0 bytes).", "Copy it again from the camera, or leave it out."),
    "no_permission": ("The file may not be read by this account.", "Give the account the right to read it."),
    "name_not_read": (
        "The file name does not fit the pattern {detail}.",
        "Rename the file, or list it in a manifest (path, subject, date, side).",
    ),
    "row_not_read": ("Its row in the manifest cannot be used: {detail}.", "Correct the row and run the command again."),
    "listed_twice": ("The manifest lists this file twice, {detail}.", "Keep the row that is right."),
    # while it was read
    "unreadable": ("{detail}", "Play the file to check it, copy it again from the camera, or leave it out."),
    "fetch_failed": ("The file could not be fetched: {detail}", "Check the connection, then add --retry-failed."),
    "changed_while_read": (
        "The file changed while it was being read.",
        "Wait until it is copied completely, then run the command again.",
    ),
    "crashed": (
        "The analysis crashed on this clip, also when tried again; the others were not affected.",
        "Convert the clip to MP4 (H.264) and add --retry-failed; if it crashes still, report it.",
    ),
    "deadline": (
        "The analysis took longer than {detail}, also when tried again.",
        "Cut the clip to the kicks, or give more time with --deadline, then add --retry-failed.",
    ),
    "out_of_memory": (
        "The analysis needed more memory than {detail}, also when tried again.",
        "Cut or scale the clip down, or allow more with --memory, then add --retry-failed.",
    ),
    "worker_died": (
        "The workers stopped again and again before this clip was begun.",
        "Check the workers' logs and memory, then add --retry-failed.",
    ),
    "program_error": (
        "The program made a mistake on this clip: {detail}",
        "Please report it with the log file; the other clips were not affected.",
    ),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """One file that failed; ``file`` is its path or URL, ``tries`` how often it was attempted."""

    file: str
    code: str
    message: str
    advice: str
    tries: int = 0


def failure(file: str, code: str, *, detail: str = "", tries: int = 0) -> Failure:
    """The failure of that code with its sentence filled in.

    Raises:
        KeyError: the code is not in the table.
    """
    message, advice = PROBLEMS[code]
    return Failure(file, code, message.format(detail=detail), advice, tries)
