"""The command line: parse, call, render, exit code.  Nothing else is decided here.

Results go to stdout, everything else to stderr.  Exit 0: found or done; 1: nothing found, or
published with failed documents; 2: an error.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from pathlib import Path

from searcher.cli.app import app
from searcher.cli.notes import note, note_query_error
from searcher.errors import QueryError, SearcherError

__all__ = ["main", "run"]


def main() -> None:
    """Be the program: `run`, in a process that is there for one command alone."""
    # numpy is not imported yet.  We multiply no matrices, and starting threads to do it takes
    # OpenBLAS longer (40 ms) than most searches take.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A short command leaves nothing to collect, yet looking for it while modules are imported and
    # once more at the end takes 17 ms.  `build` turns it on again.
    gc.disable()
    try:
        run()
    finally:
        gc.freeze()


def run() -> None:
    """Run a command; turn our own errors into one line, and every error into exit code 2."""
    _open_closed()
    _speak_utf8()
    try:
        app()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        # Whoever read us has seen enough; Python would complain once more while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except Exception as error:  # noqa: BLE001 - Python would exit with 1, which means other things
        _tell(error)
        raise SystemExit(2) from None


def _tell(error: Exception) -> None:
    """Say on one line what is wrong and what to do; what is none of that is a bug, in full."""
    if isinstance(error, QueryError):
        note_query_error(error)
    elif isinstance(error, SearcherError):
        note(str(error))
    elif isinstance(error, MemoryError):
        note(
            "out of memory; build with less (--memory 64M, --jobs 1) or without huge files "
            "(--max-size 8M), ask for fewer hits (-n 10), or end other programs"
        )
    elif isinstance(error, OSError):
        what = f"{error.filename or 'output'}: {error.strerror or error}"
        note(f"{what}; make room or ask for access, then run it again")
    else:
        # Imported here: nobody should need it.
        import traceback

        traceback.print_exception(error)


def _open_closed() -> None:
    """Have the null device in place of each standard stream that is closed, as git and ripgrep do:
    else a file of the index would take its place, and get what is printed.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            stream = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - to the end
            setattr(sys, name, stream)


def _speak_utf8() -> None:
    """Write UTF-8 whatever the locale says; undecodable bytes of file names go out unchanged."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
