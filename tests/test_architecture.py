"""The shape of the package, held by reading its imports: who may know whom, and what costs time to load."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

import mobility_check
from tests.commandline import environment

PACKAGE = Path(mobility_check.__file__).resolve().parent
MODULES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {
    "cv2",
    "mediapipe",
    "numpy",
    "scipy",
    "sqlalchemy",
    "alembic",
    "dask",
    "distributed",
    "matplotlib",
    "bokeh",
    "pandas",
    "pyarrow",
    "av",
}

PURE = ("kinematics", "results", "assessments")
BELOW = {
    "kinematics": {"kinematics"},
    "results": {"kinematics", "results"},
    "refinement": {"kinematics", "refinement", "pose", "video", "tracking", "errors", "memory", "settings"},
    "assessments": {"kinematics", "results", "refinement", "assessments"},
    "pose": {"kinematics", "pose", "errors", "files", "memory"},
    "video": {"kinematics", "results", "assessments", "refinement", "video", "errors", "files"},
    "history": {"kinematics", "results", "assessments", "history", "errors", "files", "names", "tables", "settings"},
    "report": {"kinematics", "results", "assessments", "report", "errors", "files", "names", "video", "pose"},
    "export": {
        "kinematics",
        "results",
        "assessments",
        "export",
        "errors",
        "files",
        "names",
        "tables",
        "history",
        "report",
    },
    "validation": {
        "kinematics",
        "results",
        "assessments",
        "validation",
        "errors",
        "files",
        "tables",
        "pipeline",
        "settings",
        "report",
        "names",
        "pose",
    },
}
"""What each folder may know of the package; the others (pipeline, live, batch, cli) lie above and may know these."""


def part_of(path: Path) -> str:
    """The first folder or module below the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@functools.cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imports(path: Path, *, only_at_load: bool = False) -> set[str]:
    """Full names of what a module imports; ``only_at_load`` leaves out functions and type checking."""
    found: set[str] = set()

    def walk(node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            deferred = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            if only_at_load and (deferred or typing_only):
                continue
            if isinstance(child, ast.Import):
                found.update(alias.name for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{path}: relative import"
                found.update(f"{child.module}.{alias.name}" for alias in child.names)
            walk(child)

    walk(tree_of(path))
    return found


def ours(path: Path) -> set[str]:
    """The parts of the package that a module knows."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("mobility_check.")}


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("part", BELOW)
def test_each_folder_knows_only_what_lies_below_it(part):
    modules = [m for m in MODULES if part_of(m) == part]
    assert modules, f"{part} has moved"
    wrong = {name_of(m): ours(m) - BELOW[part] - {"__version__", "text", "language"} for m in modules}
    assert {m: w for m, w in wrong.items() if w} == {}


@pytest.mark.parametrize("part", ["pipeline", "live", "batch"])
def test_nothing_but_the_command_line_knows_the_command_line(part):
    assert [name_of(m) for m in MODULES if part_of(m) == part and "cli" in ours(m)] == []


def test_history_and_report_do_not_know_each_other():
    assert [name_of(m) for m in MODULES if part_of(m) == "report" and "history" in ours(m)] == []
    assert [name_of(m) for m in MODULES if part_of(m) == "history" and "report" in ours(m)] == []


def test_the_pure_parts_use_numpy_and_scipy_and_nothing_with_a_side_effect():
    allowed = {"numpy", "scipy", "msgspec", "mobility_check", *sys.stdlib_module_names} - {
        "os",
        "pathlib",
        "subprocess",
        "socket",
        "urllib",
        "tempfile",
        "shutil",
        "sqlite3",
        "random",
        "time",
        "logging",
    }
    used = {name_of(m): {i.split(".")[0] for i in imports(m)} - allowed for m in MODULES if part_of(m) in PURE}
    assert {m: u for m, u in used.items() if u} == {}


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("mediapipe", ("pose/mediapipe.py",)),
        ("cv2", ("video/", "live/")),
        ("av", ("video/", "live/", "doctor/")),
        ("sqlalchemy", ("history/",)),
        ("alembic", ("history/",)),
        ("bokeh", ("report/", "validation/")),
    ],
)
def test_each_library_has_one_home(library, allowed):
    at = [name_of(m) for m in MODULES if library in {i.split(".")[0] for i in imports(m)}]
    assert at, f"{library} is used nowhere: is it still a dependency?"
    assert [m for m in at if not m.startswith(allowed)] == []


def test_the_command_line_imports_nothing_heavy_when_it_is_loaded():
    light = {"typer", "mobility_check", *sys.stdlib_module_names}
    used = {
        name_of(m): {i.split(".")[0] for i in imports(m, only_at_load=True)} - light
        for m in MODULES
        if part_of(m) == "cli"
    }
    assert {m: u for m, u in used.items() if u} == {}


def loaded_by(code: str) -> set[str]:
    """Which heavy libraries a fresh interpreter holds after running that."""
    script = f"import sys\n{code}\nprint('|', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment(), check=True)
    return HEAVY & set(done.stdout.rsplit("|", 1)[1].split())


@pytest.mark.parametrize(
    "code",
    [
        "import mobility_check; mobility_check.__version__; dir(mobility_check)",
        "import mobility_check.errors, mobility_check.files, mobility_check.names",
        "import mobility_check.cli, sys; sys.argv = ['mobility-check', '--help']; mobility_check.cli.main()",
        "import mobility_check.cli, sys; sys.argv = ['mobility-check', '--version']; mobility_check.cli.main()",
        "from mobility_check.cli import build; build()",
    ],
    ids=["import", "errors", "help", "version", "every command"],
)
def test_what_must_be_quick_loads_nothing_heavy(code):
    assert loaded_by(code) == set()


def test_the_first_use_loads_what_it_needs():
    assert "numpy" in loaded_by("import mobility_check; mobility_check.analyze")


def test_public_names_are_those_that_are_promised():
    for name in mobility_check.__all__:
        assert getattr(mobility_check, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        mobility_check.analyse  # noqa: B018


def test_no_module_does_anything_when_it_is_imported():
    """Top level holds definitions, constants and imports: no call for its effect (Alembic's scripts must have one)."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    allowed = (*functions, ast.Import, ast.ImportFrom, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.If, ast.Try)
    for module in (m for m in MODULES if "migrations" not in m.parts):
        for node in tree_of(module).body:
            if isinstance(node, ast.Expr):
                registers = ast.unparse(node).startswith(("app.command", "app.add_typer"))
                assert registers or isinstance(node.value, ast.Constant), f"{name_of(module)}:{node.lineno}"
            else:
                assert isinstance(node, allowed), f"{name_of(module)}:{node.lineno}"


def test_functions_and_modules_stay_readable():
    """A function's body is at most 60 lines, a module under 400; the usual function is far shorter."""
    lengths = []
    for module in MODULES:
        text = module.read_text(encoding="utf-8")
        assert len(text.splitlines()) < 400, name_of(module)
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.body[0].lineno + 1
                assert length <= 60, f"{name_of(module)}: {node.name} has {length} lines"
                lengths.append(length)
    assert sorted(lengths)[len(lengths) // 2] <= 14


def test_benchmarks_and_calibration_need_no_test():
    """Tests judge them, so they stand without: what both need is in ``synthetic``."""
    for folder in ("benchmarks", "calibration", "synthetic"):
        for path in (PACKAGE.parent / folder).rglob("*.py"):
            assert not {name for name in imports(path) if name.split(".")[0] == "tests"}, path


def test_a_class_has_a_name_of_its_own():
    """Two of one name would mean two things to a reader."""
    homes: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(path.name)
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_no_blanket_except_but_at_the_border_of_a_batch_worker():
    for module in MODULES:
        for node in ast.walk(tree_of(module)):
            if isinstance(node, ast.ExceptHandler):
                caught = "" if node.type is None else ast.unparse(node.type)
                stops = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
                blanket = caught in ("", "Exception", "BaseException") and not stops
                assert not blanket or part_of(module) == "batch", f"{name_of(module)}:{node.lineno}"


def test_the_source_names_no_machine_and_no_leftover():
    for module in MODULES:
        text = module.read_text(encoding="utf-8")
        for word in ("TODO", "FIXME", "/home/", "/root/", "/work/", "breakpoint("):
            assert word not in text, f"{name_of(module)}: {word}"
