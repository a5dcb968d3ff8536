"""The jars of the cluster: fetched once by Maven, and used only as they are listed here.

``python tools/cluster/jars.py`` fetches them and writes the list anew, for a reviewer to compare.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
FOLDER = HERE / "jars"
LIST = HERE / "jars.sha256"

_LONG = 900

_NEEDED = (
    "Java 17 or 21 and Maven 3 are needed for a cluster (Debian: default-jdk-headless, maven)"
)


class NoClusterError(Exception):
    """A cluster cannot be started; the message says why, and what to do."""


def class_path() -> str:
    """Return the class path of the cluster, whose jars are fetched if they are not there.

    Raises:
        NoClusterError: Java or Maven are missing, the jars cannot be had, or are other ones.
    """
    _look_for("java")
    listed = dict(line.split()[::-1] for line in LIST.read_text("ascii").splitlines())
    if {path.name for path in FOLDER.glob("*.jar")} != set(listed):
        fetch()
    found = digests()
    if found != listed:
        strange = sorted(name for name in {*found, *listed} if found.get(name) != listed.get(name))
        raise NoClusterError(
            f"{FOLDER}: these are not the jars of the list: {', '.join(strange[:5])}; remove the "
            "folder and try again"
        )
    # Each by its name: "*" would take in a .JAR, too, which the list knows nothing of.
    return os.pathsep.join(str(FOLDER / name) for name in listed)


def _look_for(program: str) -> None:
    if shutil.which(program) is None:
        raise NoClusterError(f"there is no {program}: {_NEEDED}")


def fetch() -> None:
    """Let Maven copy the jars into the folder, in place of what is there."""
    _look_for("mvn")
    shutil.rmtree(FOLDER, ignore_errors=True)
    order = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    order += ["-DincludeScope=runtime", f"-DoutputDirectory={FOLDER.resolve()}"]
    try:
        done = subprocess.run(order, capture_output=True, text=True, check=False, timeout=_LONG)
    except subprocess.TimeoutExpired as error:
        raise NoClusterError(f"Maven has not fetched the jars in {_LONG} seconds") from error
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise NoClusterError("Maven cannot fetch the jars: " + " ".join(said[-3:])[:500])


def digests() -> dict[str, str]:
    """Return the SHA-256 of each jar by name."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(FOLDER.glob("*.jar"))
    }


if __name__ == "__main__":
    fetch()
    LIST.write_text("".join(f"{sha}  {name}\n" for name, sha in digests().items()), "ascii")
    sys.exit(0)
