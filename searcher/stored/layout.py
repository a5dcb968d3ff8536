"""The layout of a stored document: head, title, metadata, one frame.

The frame holds the body, and behind it the edits of a noisy document.  That of a huge document
holds the layout of its blocks, which follow it; the sizes of body and edits in the head are then
those of the frame, expanded and as it is.  Title and body are UTF-16.
"""

from __future__ import annotations

from struct import Struct
from typing import get_args

from searcher.model import Script

STORED_FIELDS = ("title", "body")
"""Fields with a text of their own; the others are short and part of the metadata."""

HUGE = 65_536
"""Title and body of more characters than this in all are stored in blocks."""

SHORT_HEAD = Struct("<BBBH")
LONG_HEAD = Struct("<BIIII")
"""Flags, then the bytes of title, metadata, body and (in a long head) edits."""

LONG, BLOCKS, DICTIONARY, ANNOTATIONS, MARKUP, SEEN = (1 << bit for bit in range(6))
"""Flags: the head is long, the text is in blocks, frames need the dictionary; the noise; whether
the text is seen (`searcher.text.seen`)."""

SCRIPT_BIT = 6
"""The two highest flags are the place of the script in `SCRIPTS`."""

SCRIPTS: tuple[Script, ...] = get_args(Script)

PACKED = b"\0"
"""Metadata begin with it where they are compressed; their size follows, then a frame."""

MOST_TEXT = HUGE * 4
MOST_EDITS = HUGE * 128
MOST_METADATA = 1 << 26
MOST_LAYOUT = 1 << 26
"""Bytes that a frame may expand to."""
