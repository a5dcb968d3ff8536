"""Documentation that could rot: it is made again, run, or looked up here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import searcher
from searcher.version import VERSION

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "index/README.md"])
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
CODE_PATH = re.compile(r"`((?:searcher|tests|tools|benchmarks|docs)/[\w./-]+)`")


def test_the_command_page_is_what_the_program_prints() -> None:
    made = subprocess.run(
        [sys.executable, "tools/make_cli_page.py"],
        cwd=ROOT, capture_output=True, encoding="utf-8", check=True,
    )  # fmt: skip
    assert made.stdout == (ROOT / "docs/cli.md").read_text("utf-8"), "run: make docs"


def test_links_and_paths_in_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in LINK.findall(page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    broken += [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in CODE_PATH.findall(page.read_text("utf-8"))
        if not (ROOT / target).exists()
    ]
    assert broken == []


def test_the_readmes_python_runs(tmp_path: Path) -> None:
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    code = code.replace('"seeds"', repr(str(ROOT / "seeds")))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, encoding="utf-8",
        check=False, env={"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "脫貧攻堅" in done.stdout


def test_the_page_about_jobs_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs/jobs.md").read_text("utf-8")
    interpreter = {"sh": ["bash", "-e", "-c"], "python": [sys.executable, "-c"]}
    program = f'searcher() {{ "{sys.executable}" -m searcher "$@"; }}\n'
    printed = ""
    for language, code in re.findall(r"```(sh|python)\n(.*?)```", page, re.DOTALL):
        done = subprocess.run(
            [*interpreter[language], program + code if language == "sh" else code], cwd=tmp_path,
            capture_output=True, encoding="utf-8", check=False,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        printed += done.stdout
    assert "没有发布，状态 2" in printed
    assert "1 changed, 1 removed, 1 unchanged" in printed
    assert "nothing has changed, 2 unchanged" in printed


def test_public_names_are_sorted_and_there() -> None:
    assert searcher.__all__ == sorted(searcher.__all__)
    assert all(hasattr(searcher, name) for name in searcher.__all__)


def test_the_version_stands_in_two_places_that_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION


def test_lock_files_name_no_addresses() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        assert "http" not in (ROOT / name).read_text("utf-8")


def test_the_official_opencc_package_is_not_locked() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        locked = re.findall(r"^([\w.-]+)==", (ROOT / name).read_text("utf-8"), re.MULTILINE)
        assert "opencc" not in {each.lower() for each in locked}
