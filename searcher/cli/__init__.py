"""The command line: parse, call, render, exit code.  Nothing else is decided here.

Results go to stdout, everything else to stderr.  Exit 0: found or done; 1: nothing found, or
published with failed documents; 2: an error.
"""

from __future__ import annotations

import gc
import io
import os
import sys

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
    """Run a command; turn our own errors into one line and exit code 2."""
    _speak_utf8()
    try:
        app()
    except QueryError as error:
        note_query_error(error)
        raise SystemExit(2) from None
    except SearcherError as error:
        note(str(error))
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        # Whoever read us has seen enough; Python would complain once more while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except OSError as error:
        note(f"{error.filename or 'output'}: {error.strerror or error}")
        raise SystemExit(2) from None


def _speak_utf8() -> None:
    """Write UTF-8 whatever the locale says; undecodable bytes of file names go out unchanged."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
