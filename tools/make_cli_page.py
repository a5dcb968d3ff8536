"""Write docs/cli.md: the help of every command, as the program prints it.

python tools/make_cli_page.py > docs/cli.md
"""

from __future__ import annotations

import os
import subprocess
import sys

from searcher.cli.app import COMMANDS

HEAD = """# Commands

This page is what `searcher COMMAND --help` prints, made by `make docs`.
Every command exits 0 when it found something or did its work,
1 when nothing was found, some documents failed or a check did not pass, 2 on an error.
"""


def help_of(*command: str) -> str:
    """Return what the program prints for ``COMMAND --help``."""
    code = "from searcher.cli import main; import sys; sys.argv[0] = 'searcher'; main()"
    plain = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    plain.pop("FORCE_COLOR", None)
    done = subprocess.run(
        [sys.executable, "-c", code, *command, "--help"],
        capture_output=True, check=True, encoding="utf-8", env=plain,
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def page() -> str:
    """Return the whole page."""
    parts = [HEAD, f"```text\n{help_of()}\n```\n"]
    parts += [f"## searcher {name}\n\n```text\n{help_of(name)}\n```\n" for name in COMMANDS]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
