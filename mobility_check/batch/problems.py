"""The one table of why a file failed: a code, a plain sentence, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from mobility_check.language import N_, retold

PROBLEMS: dict[str, tuple[str, str]] = {
    # before anything was read
    "missing_file": (N_("There is no such file."), N_("Check the path, or take it out of the list.")),
    "not_a_file": (N_("This is not an ordinary file."), N_("Name a video file, a saved track or a folder.")),
    "empty_file": (N_("The file is empty (0 bytes)."), N_("Copy it again from the camera, or leave it out.")),
    "no_permission": (N_("The file may not be read by this account."), N_("Give the account the right to read it.")),
    "name_not_read": (
        N_("The file name does not fit the pattern {detail}."),
        N_("Rename the file, or list it in a manifest (path, subject, date, side)."),
    ),
    "row_not_read": (
        N_("Its row in the manifest cannot be used: {detail}."),
        N_("Correct the row and run the command again."),
    ),
    "listed_twice": (N_("The manifest lists this file twice: {detail}."), N_("Keep the row that is right.")),
    # while it was read
    "unreadable": (N_("{detail}"), N_("Play the file to check it, copy it again from the camera, or leave it out.")),
    "fetch_failed": (
        N_("The file could not be fetched: {detail}"),
        N_("Check the connection, then add --retry-failed."),
    ),
    "changed_while_read": (
        N_("The file changed while it was being read."),
        N_("Wait until it is copied completely, then run the command again."),
    ),
    "crashed": (
        N_("The analysis crashed on this clip, also when tried again; the others were not affected."),
        N_("Convert the clip to MP4 (H.264) and add --retry-failed; if it crashes still, report it."),
    ),
    "deadline": (
        N_("The analysis took longer than {detail}, also when tried again."),
        N_("Cut the clip to the kicks, or give more time with --deadline, then add --retry-failed."),
    ),
    "out_of_memory": (
        N_("The analysis needed more memory than {detail}, also when tried again."),
        N_("Cut or scale the clip down, or allow more with --memory, then add --retry-failed."),
    ),
    "worker_died": (
        N_("The workers stopped again and again before this clip was begun."),
        N_("Check the workers' logs and memory, then add --retry-failed."),
    ),
    "program_error": (
        N_("The program made a mistake on this clip: {detail}"),
        N_("Please report it with the log file; the other clips were not affected."),
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

    @property
    def shown(self) -> str:
        """The sentence in the user's language; tables and logs hold the English one."""
        return retold(self.message)


def failure(file: str, code: str, *, detail: str = "", tries: int = 0) -> Failure:
    """The failure of that code with its sentence filled in; the sentence names the file without its folder.

    Raises:
        KeyError: the code is not in the table.
    """
    message, advice = PROBLEMS[code]
    return Failure(file, code, message.format(detail=detail.replace(file, name_of(file))), advice, tries)


def name_of(file: str) -> str:
    """The name at the end of a path or address; a backslash parts only what no slash does, else it escapes a sign."""
    return file.rsplit("/" if "/" in file else "\\", 1)[-1] or file
