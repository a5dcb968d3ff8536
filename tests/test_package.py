"""The wheel: it holds everything, and runs from any folder without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(*command: str | Path, cwd: Path, path: Path | None = None) -> str:
    environment = {**os.environ, "PYTHONPATH": str(path)} if path else dict(os.environ)
    environment.pop("SEARCHER_INDEX", None)
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_runs_from_another_folder(tmp_path: Path) -> None:
    dist, site, elsewhere = (tmp_path / name for name in ("dist", "site", "elsewhere"))
    elsewhere.mkdir()
    run("-m", "build", "--wheel", "--no-isolation", "--outdir", dist, cwd=ROOT)
    [wheel] = dist.glob("*.whl")
    run("-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel,
        cwd=elsewhere)  # fmt: skip
    where = run("-c", "import searcher; print(searcher.__file__)", cwd=elsewhere, path=site)
    assert Path(where.strip()).is_relative_to(site)
    run("-m", "searcher", "build", ROOT / "seeds", "--quiet", cwd=elsewhere, path=site)
    found = run("-m", "searcher", "search", '"决胜冲锋号"', "-l", cwd=elsewhere, path=site)
    assert found.splitlines() == [str(ROOT / "seeds" / "002_4b105e993f9cdb78.txt")]
