"""What a command imports: a search loads what answers it and nothing else.

The budget is on modules, not on seconds: seconds depend on the machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import searcher
from searcher.cli.app import COMMANDS

ROOT = Path(__file__).parent.parent

SEARCHES = (
    ("脱贫",), ("脱贫 攻坚",), ("“參與脫貧”",), ("什么是脱贫攻坚战？",),
    ("脱贫 -title:攻坚", "--json"),
    ("python OR 3D打印", "--paths"),  # Latin in a text is found by reading the text again
)  # fmt: skip

THIRD_PARTY = {"annotated_doc", "numpy", "opencc", "shellingham", "typer", "zstandard"}
"""The packages that a search may load; none of jieba, rjieba, whoosh, rich, pydantic …"""

STANDARD = {
    "__future__", "array", "atexit", "bisect", "dataclasses", "encodings", "gc", "json", "mmap",
    "unicodedata", "zlib", "_bisect", "_json",
}  # fmt: skip
"""What it may load of the standard library beside what numpy, typer and zstandard load."""

ROOMS = {
    "arguments", "cli", "columns", "engines", "errors", "forking", "generations", "index", "jobs",
    "matches", "model", "properties", "query", "render", "searching", "snapshot", "snippets",
    "stored", "text", "version",
}  # fmt: skip
"""Our modules and packages that have a part in a search."""

NOT_IN_THEM = {
    "cli": {"analyze", "build", "show", "status"},
    "engines.whoosh_": {"codec", "index", "own", "schema", "toc", "writing"},
    "engines.whoosh_.files": {"docvalues", "docvalueswriter", "segmentwriter", "termswriter"},
    "engines.whoosh_.reading": {
        "expanding", "explaining", "facets", "integrity", "metadata", "near",
    },
    "matches": {"blockrows", "glyphs", "patterns", "resolving", "ways"},
    "query": {"forms", "operators", "patterns", "values"},
    "render": {"html"},
    "text": {
        "analysis", "clean", "dates", "decode", "frequency", "markup", "readings", "repair",
    },
    "text.words": {"cutters", "dictionary", "fast", "reference", "trie", "writing"},
}  # fmt: skip
"""Modules of those packages that have none."""

SEARCH = """
import sys
import {before}
known = set(sys.modules)
from searcher.cli import main
sys.argv = ["searcher", *{arguments!r}]
try:
    main()
finally:
    print("modules", *sorted(sys.modules.keys() - known), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of an index of ordinary pages, without a sign of noise."""
    place = tmp_path_factory.mktemp("cold") / "index"
    documents = (
        searcher.Document("a", "参与脱贫攻坚工作，\n什么是脱贫攻坚战。", "脱贫日报", path="a.txt"),
        searcher.Document("b", "參與脫貧，用Python做3D打印 2017 年。", path="b.txt"),
    )
    searcher.build(documents, index=place)
    return place


def run_python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    usual = {name: value for name, value in os.environ.items() if name not in environment}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**usual, **environment},
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


def loaded(*arguments: str, before: str = "sys", code: int = 0) -> set[str]:
    """Return the modules a command loads that ends with *code*, beside those in *before*."""
    ran = run_python(SEARCH.format(arguments=arguments, before=before))
    assert ran.returncode == code, ran.stderr
    last = ran.stderr.splitlines()[-1].split()
    assert last[0] == "modules", ran.stderr
    return set(last[1:])


def of_package(modules: set[str], package: str) -> set[str]:
    """Return the names behind ``package.`` of the modules right below it."""
    below = (module.removeprefix(f"{package}.") for module in modules)
    return {name for name in below if f"{package}.{name}" in modules and "." not in name}


@pytest.mark.parametrize("arguments", SEARCHES, ids=" ".join)
def test_a_search_loads_what_answers_it_and_nothing_else(
    arguments: tuple[str, ...], home: Path
) -> None:
    modules = loaded(
        "search", *arguments, "--index", str(home), before="numpy, typer, zstandard, platform"
    )
    tops = {module.partition(".")[0] for module in modules}
    ours = {"searcher", *THIRD_PARTY}
    assert tops - ours <= STANDARD
    assert of_package(modules, "searcher") <= ROOMS
    for package, rest in NOT_IN_THEM.items():
        assert of_package(modules, f"searcher.{package}") & rest == set()


def test_a_search_loads_no_package_it_can_do_without(home: Path) -> None:
    modules = loaded("search", "脱贫攻坚", "--json", "--index", str(home))
    tops = {module.partition(".")[0] for module in modules}
    assert tops - set(sys.stdlib_module_names) <= {"searcher", *THIRD_PARTY}


@pytest.mark.parametrize(
    ("command", "code"), [("--version", 0), ("search --help", 0), ("serach 脱贫", 2)]
)
def test_what_needs_no_index_loads_no_numpy(command: str, code: int) -> None:
    modules = loaded(*command.split(), code=code)
    assert "typer" in modules
    assert not {"numpy", "rich", "searcher.snapshot", "searcher.engines"} & modules


def test_importing_the_library_loads_neither_numpy_nor_an_engine() -> None:
    ran = run_python("import searcher, sys; print(*sorted(sys.modules))")
    modules = set(ran.stdout.split())
    assert "searcher.index" in modules
    heavy = {"numpy", "typer", "opencc", "whoosh", "jieba", "rjieba", "logging", "hashlib"}
    assert modules & heavy == set()
    rooms = of_package(modules, "searcher")
    assert rooms == {"arguments", "errors", "forking", "generations", "index", "jobs", "model"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_loads_no_other_command(command: str) -> None:
    others = {f"searcher.cli.{name}" for name in COMMANDS if name != command}
    modules = loaded(command, "--help")
    assert f"searcher.cli.{command}" in modules
    assert modules & others == set()


def test_every_command_is_listed_in_its_order() -> None:
    ran = run_python("import sys; from searcher.cli import main; sys.argv[1:] = ['-h']; main()")
    rows = ran.stdout.partition("Commands:\n")[2].splitlines()
    assert [row.split()[0] for row in rows] == list(COMMANDS)


def test_a_mistyped_command_is_corrected() -> None:
    code = "import sys; from searcher.cli import main; sys.argv[1:] = ['serach']; main()"
    ran = run_python(code)
    assert ran.returncode == 2
    assert "No such command 'serach'. Did you mean 'search'?" in ran.stderr


# ---------------------------------------------------------------- the process of a command


SETTINGS = """
import gc, os, sys
from searcher import cli
import searcher.cli.app
print(os.environ.get("OPENBLAS_NUM_THREADS"), gc.isenabled(), "numpy" in sys.modules)
sys.argv[1:] = ["--version"]
try:
    cli.main()
finally:
    print(os.environ["OPENBLAS_NUM_THREADS"], gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_only_the_program_changes_its_process_and_not_the_library() -> None:
    environment = {name: value for name, value in os.environ.items() if "OPENBLAS" not in name}
    ran = subprocess.run(
        [sys.executable, "-c", SETTINGS], cwd=ROOT, env=environment,
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    before, _, after = ran.stdout.splitlines()
    assert before == "None True False"
    assert after == "1 False True"


def test_a_number_of_threads_that_was_asked_for_stays() -> None:
    ran = run_python(SETTINGS, OPENBLAS_NUM_THREADS="3")
    assert ran.stdout.splitlines()[-1].startswith("3 ")


def test_a_build_collects_garbage(tmp_path: Path) -> None:
    code = (
        "import gc, sys; from searcher.cli import main;"
        "from searcher.errors import SourceError;"
        "sys.argv[1:] = ['build', 'nowhere', '--index', sys.argv[1]]\n"
        "try: main()\n"
        "finally: print(gc.isenabled())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "index")], cwd=ROOT,
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (2, "True\n")


def test_the_program_and_the_module_are_the_same() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["scripts"] == {"searcher": "searcher.cli:main"}
    ran = subprocess.run(
        [sys.executable, "-m", "searcher", "--version"], cwd=ROOT,
        capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert ran.stdout.startswith("searcher ")


def test_the_public_names_are_the_functions_themselves() -> None:
    assert searcher.build.__module__ == "searcher.jobs"
    assert searcher.open.__module__ == "searcher.index"
