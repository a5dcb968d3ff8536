"""Write searcher/text/data/marks.txt: the combining marks that belong to the letters before them.

Source: the Unicode character database, general categories Mn, Mc, Me, as Python's `unicodedata`
has it.  Fixed in a file so that every Python gives the same units.

    python tools/make_marks.py > searcher/text/data/marks.txt
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator


def ranges() -> Iterator[tuple[int, int]]:
    """Yield the ranges of combining marks, both ends included, ascending."""
    first: int | None = None
    for code in range(0x300, 0xE1000):
        is_mark = unicodedata.category(chr(code)).startswith("M")
        if is_mark and first is None:
            first = code
        elif not is_mark and first is not None:
            yield first, code - 1
            first = None


def main() -> None:
    """Print the table."""
    out = sys.stdout
    out.write(
        f"# Combining marks (Mn, Mc, Me) of Unicode {unicodedata.unidata_version}: ranges, hex.\n"
    )
    for first, last in ranges():
        out.write(f"{first:X}-{last:X}\n")


if __name__ == "__main__":
    main()
