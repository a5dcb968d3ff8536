"""Write searcher/text/data/digest.txt: which tables the analysis was made with.

It stands in a file because every index is opened with it, and hashing takes longer than opening.

    python tools/make_digest.py > searcher/text/data/digest.txt
"""

from __future__ import annotations

import sys
from hashlib import sha256

from searcher.text.fingerprint import DIGEST
from searcher.text.tables import DATA

REVIEW = "-review.tsv"
"""How the names of tables end that are for people and are not read."""


def digest() -> str:
    """Return the digest of the names and contents of all tables that are read."""
    found = sha256()
    for table in sorted(DATA.iterdir()):
        if table.name != DIGEST and not table.name.endswith(REVIEW):
            found.update(f"{table.name}\n{table.stat().st_size}\n".encode() + table.read_bytes())
    return found.hexdigest()


def main() -> None:
    """Print the file."""
    sys.stdout.write("# SHA-256 of the tables beside this file; made by tools/make_digest.py.\n")
    sys.stdout.write(f"{digest()}\n")


if __name__ == "__main__":
    main()
