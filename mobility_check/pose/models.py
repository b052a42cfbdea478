"""The pose model bundles: where they lie, what their bytes must be, and how a missing one is fetched."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mobility_check.errors import InputError, ModelError
from mobility_check.files import sha256_of
from mobility_check.language import N_

GOOGLE = "https://storage.googleapis.com/mediapipe-models/pose_landmarker/pose_landmarker_{name}/float16/1/{file}"
CHUNK_BYTES = 1 << 20
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A bundle by name; any of ``sha256`` is a good file (``models/README.md``), ``fetched`` are those at the URL."""

    name: str
    sha256: tuple[str, ...]
    fetched: tuple[str, ...]

    @property
    def file(self) -> str:
        """File name of the bundle."""
        return f"pose_landmarker_{self.name}.task"

    @property
    def url(self) -> str:
        """Where Google publishes it."""
        return GOOGLE.format(name=self.name, file=self.file)


def _known(name: str, *, ours: str, google: tuple[str, ...]) -> KnownModel:
    return KnownModel(name, (ours, *google), google)


KNOWN = {
    m.name: m
    for m in (
        _known(
            "full",
            ours="4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad",
            google=(
                "4eaa5eb7a98365221087693fcc286334cf0858e2eb6e15b506aa4a7ecdcec4ad",
                "5134a3aad27a58b93da0088d431f366da362b44e3ccfbe3462b3827a839011b1",
            ),
        ),
        _known(
            "heavy",
            ours="c691c404891b4d8ab11d942f8217bfd661102ed3ccfbd64587776686e0829539",
            google=("64437af838a65d18e5ba7a0d39b465540069bc8aae8308de3e318aad31fcbc7b",),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A bundle that is there and whose bytes are what they should be."""

    name: str
    path: Path
    sha256: str


def search_folders() -> tuple[Path, ...]:
    """Where bundles are looked for: inside the package, in a source checkout, and where ``models fetch`` puts them."""
    package = Path(__file__).resolve().parent.parent
    return (package / "_models", package.parent / "models", download_folder())


def download_folder() -> Path:
    """The folder of fetched bundles."""
    import platformdirs

    return Path(platformdirs.user_data_dir("mobility-check", appauthor=False)) / "models"


def find_model(name_or_path: str) -> ModelFile:
    """The verified bundle of that name (``full``, ``heavy``) or path.

    Raises:
        ModelError: it isn't there, or its bytes are damaged.
    """
    known = KNOWN.get(name_or_path)
    if known is None:
        return _custom(Path(name_or_path))
    for folder in search_folders():
        path = folder / known.file
        if path.is_file():
            digest = _digest(path)
            if digest not in known.sha256:
                raise ModelError(
                    "The pose model '{path}' is damaged (its checksum is wrong); delete it and install "
                    "mobility-check again, or run: mobility-check models fetch {name}",
                    path=path,
                    name=known.name,
                )
            return ModelFile(path.stem, path, digest)
    raise ModelError(
        "The pose model '{name}' is not installed; run: mobility-check models fetch {name} (needs the "
        "internet once), or use --model heavy.",
        name=known.name,
    )


def _custom(path: Path) -> ModelFile:
    if not path.is_file():
        names = ", ".join(KNOWN)
        raise ModelError(
            "There is no pose model '{path}'; give one of {names}, or the path of a .task file.", path=path, names=names
        )
    if not zipfile.is_zipfile(path):
        raise ModelError(
            "'{path}' is not a pose model bundle (.task) or is damaged; get it again from its source.", path=path
        )
    return ModelFile(path.stem, path, _digest(path))


def _digest(path: Path) -> str:
    try:
        return sha256_of(path)
    except InputError as e:
        raise ModelError("The pose model '{path}' cannot be read; check its permissions.", path=path) from e


def fetch_model(name: str, *, on_progress: Callable[[float], None] | None = None) -> ModelFile:
    """Download a bundle from its pinned URL, resuming a broken download, and verify it before it is put in place.

    Raises:
        ModelError: unknown name, no connection, or what came is not the pinned file.
    """
    import urllib.error  # slow to load, and hardly ever needed

    known = KNOWN.get(name)
    if known is None:
        raise ModelError("There is no model named '{name}'; known are {models}.", name=name, models=", ".join(KNOWN))
    folder = download_folder()
    target, part = folder / known.file, folder / f"{known.file}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _download(known.url, part, on_progress=on_progress)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as e:
        cause = getattr(e, "reason", e)
        why = getattr(cause, "strerror", None) or cause
        raise ModelError(
            "The model '{name}' could not be downloaded ({why}); check the internet connection and run the "
            "same command again: it goes on where it stopped.",
            name=name,
            why=why,
        ) from e
    except OSError as e:
        raise ModelError(
            "The model cannot be stored in '{folder}' ({why}); free some space there.",
            folder=folder,
            why=e.strerror or e,
        ) from e
    digest = sha256_of(part)
    if digest not in known.fetched:
        part.unlink()
        raise ModelError(
            "What was downloaded for '{name}' is not the expected file and was deleted; try again later.", name=name
        )
    os.replace(part, target)
    return ModelFile(target.stem, target, digest)


def _download(url: str, part: Path, *, on_progress: Callable[[float], None] | None) -> None:
    have = part.stat().st_size if part.exists() else 0
    import urllib.error
    import urllib.request

    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT_S)
    except urllib.error.HTTPError as e:
        e.close()
        if e.code == 416:  # nothing is missing: the part is whole, or wrong, which the checksum tells
            return
        raise
    with response, part.open("ab" if response.status == 206 else "wb") as out:
        total = int(response.headers.get("Content-Length", 0)) + out.tell()
        while chunk := response.read(CHUNK_BYTES):
            out.write(chunk)
            if on_progress and total:
                on_progress(out.tell() / total)
        if out.tell() < total:
            raise ConnectionError(N_("it was cut off"))
