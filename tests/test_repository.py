"""What a forge reads beside the program: workflows, forms, citation, the parts of .ci/run and the tasks."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import mobility_check
from tests.commandline import ROOT

if not (ROOT / ".github").exists():
    pytest.skip("a source archive holds no files of the forge", allow_module_level=True)
yaml = pytest.importorskip("ruamel.yaml")

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")


def load(path):
    return yaml.YAML(typ="safe").load(path.read_text(encoding="utf-8"))


def steps(workflow):
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


FORGE = {
    "github-workflows": ".github/workflows/*.yml",
    "dependabot": ".github/dependabot.yml",
    "github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
    "github-issue-forms": ".github/ISSUE_TEMPLATE/[!c]*.yml",
    "citation-file-format": "CITATION.cff",
}
CHECK = """
import sys
from check_jsonschema import main
failed = 0
for schema in sys.argv[1:]:
    name, *paths = schema.split("|")
    print(name, flush=True)
    failed += main(["--builtin-schema", f"vendor.{name}", *paths], standalone_mode=False)
sys.exit(failed)
"""
"""The checker's command, called for one schema after the other: it takes a second to begin."""


def test_files_of_the_forge_fit_their_schemas():
    pytest.importorskip("check_jsonschema")
    paths = {schema: [str(p) for p in ROOT.glob(files)] for schema, files in FORGE.items()}
    assert all(paths.values()), paths
    command = [sys.executable, "-c", CHECK, *("|".join([schema, *found]) for schema, found in paths.items())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_actions_are_pinned_by_digest_with_their_version_beside_it(path):
    for line in re.findall(r"uses: (.+)", path.read_text(encoding="utf-8")):
        action, _, comment = line.partition(" # ")
        assert action.startswith("./") or (PINNED.match(action) and re.match(r"v\d+\.\d+\.\d+$", comment)), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_workflows_may_only_read_unless_a_job_says_why_it_writes(path):
    workflow = load(path)
    assert set(workflow["permissions"].values() if workflow["permissions"] else []) <= {"read"}
    assert not [job for job in workflow["jobs"].values() if path.stem == "ci" and "permissions" in job]
    checkouts = [s for s in steps(workflow) if "checkout" in s.get("uses", "")]
    assert all(s["with"]["persist-credentials"] is False for s in checkouts)


def test_every_step_of_ci_is_a_part_of_the_script_that_runs_everywhere():
    done = subprocess.run(["bash", ".ci/run", "nonsense"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    parts = set(done.stderr.rpartition("the parts are: ")[2].split())
    called = [s["run"] for s in steps(load(ROOT / ".github/workflows/ci.yml")) if "run" in s]
    assert all(c.startswith("bash .ci/run ") for c in called)
    assert {p for c in called for p in c.split()[2:]} == parts


def test_ci_tries_every_python_that_the_package_names():
    named = set(re.findall(r'"Programming Language :: Python :: (3\.\d+)"', (ROOT / "pyproject.toml").read_text()))
    matrix = load(ROOT / ".github/workflows/ci.yml")["jobs"]["tests"]["strategy"]["matrix"]
    assert set(matrix["python"]) == named
    assert {re.sub("-.*", "", system) for system in matrix["os"]} == {"ubuntu", "macos", "windows"}


@pytest.mark.parametrize("form", ["fault", "number"])
def test_whoever_reports_a_fault_is_asked_for_what_doctor_says(form):
    fields = {f["id"]: f for f in load(ROOT / ".github/ISSUE_TEMPLATE" / f"{form}.yml")["body"]}
    assert "`mobility-check doctor --json`" in fields["doctor"]["attributes"]["label"]
    assert fields["doctor"]["validations"]["required"]


def test_a_citation_names_this_version():
    assert load(ROOT / "CITATION.cff")["version"] == mobility_check.__version__


def test_before_a_commit_and_in_ci_the_same_tasks_run():
    tasks = set(re.findall(r"^@nox.session.*\ndef (\w+)", (ROOT / "noxfile.py").read_text(), re.MULTILINE))
    assert tasks == {"lint", "types", "test", "docs", "fit"}
    hooks = load(ROOT / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    run = {w for h in hooks for w in h["entry"].partition(" -s ")[2].partition(" -- ")[0].split()}
    assert run == tasks - {"fit"}
    script = (ROOT / ".ci" / "run").read_text()
    assert re.search(r"lint \| types \| docs\) task", script)
