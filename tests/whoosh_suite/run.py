"""Run Whoosh's own tests over our codec: ``python tests/whoosh_suite/run.py [PYTEST ARGUMENT…]``.

None of those tests is kept here: they are fetched by their hash, unpacked into ``.cache`` beside
this file, and run by the pytest of this environment; once with our codec alone, once with our
searcher as well.  `whoosh_ours` (a plugin) puts both in the place of Whoosh's own and holds the
result to ``expected.toml``.

``--stock`` runs them over Whoosh alone, to tell what fails without us.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = HERE / ".cache"
SOURCE = "Whoosh-2.7.4"

_INI = """\
[pytest]
python_files = test_*.py
cache_dir = .pytest_cache
filterwarnings =
    ignore::SyntaxWarning
    ignore:invalid escape sequence:DeprecationWarning
    ignore:.*use of fork.. may lead to deadlocks:DeprecationWarning
"""


def fetch() -> Path:
    """Return the source distribution, downloaded unless it lies in the cache."""
    archive = CACHE / f"{SOURCE}.zip"
    if not archive.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        command += ["--no-binary", ":all:", "--require-hashes", "--dest", str(CACHE)]
        subprocess.run([*command, "-r", str(HERE / "requirements.txt")], check=True)
    return archive


def unpack(archive: Path) -> Path:
    """Return the folder of the tests, unpacked anew."""
    with zipfile.ZipFile(archive) as source:
        wanted = [name for name in source.namelist() if name.startswith(f"{SOURCE}/tests/")]
        source.extractall(CACHE, wanted)
    (CACHE / "pytest.ini").write_text(_INI, "utf-8")
    return CACHE / SOURCE / "tests"


def run(tests: Path, ours: str, arguments: Sequence[str]) -> int:
    """Run the tests with what is named of ours; return the exit status of pytest."""
    command = [sys.executable, "-m", "pytest", "-q", "-c", str(CACHE / "pytest.ini")]
    command += ["-p", "whoosh_ours", "--ours", ours, *arguments, str(tests)]
    path = os.pathsep.join([str(HERE), str(HERE.parent.parent)])
    environment = {**os.environ, "PYTHONPATH": path, "PYTEST_ADDOPTS": ""}
    # With half of all seeds, test_automata::test_minimize_dfa fails over any codec.
    environment["PYTHONHASHSEED"] = "2"
    return subprocess.run(command, cwd=CACHE, env=environment, check=False).returncode


def main(arguments: Sequence[str]) -> int:
    """Run the tests once or twice; return 0 if all went as expected."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--stock", action="store_true", help="run them over Whoosh alone")
    options, rest = parser.parse_known_args(arguments)
    CACHE.mkdir(exist_ok=True)
    tests = unpack(fetch())
    status = 0
    for ours in ["nothing"] if options.stock else ["codec", "searcher"]:
        print(f"Whoosh's tests, ours: {ours}", flush=True)  # noqa: T201 - a report
        status = run(tests, ours, rest) or status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
