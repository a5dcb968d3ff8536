"""Dead letters: what a cluster would not take, kept where it can be looked into and sent again.

They lie in the home, so that they are there whatever becomes of the generation.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from pathlib import Path

from searcher.engines.base import Rejected
from searcher.errors import EngineError, told

FILES = "dead-letters-*.jsonl"
"""A file for each generation; a line for each document: its id, the reason, and what was sent."""

KEPT = 10
"""So many files stay, the newest ones."""


class DeadLetters:
    """Those of the generation in *folder*."""

    def __init__(self, folder: Path) -> None:
        name = folder.name.removeprefix("gen-")
        self.path = folder.parent / FILES.replace("*", name)

    def add(self, rejected: Iterable[Rejected]) -> None:
        """Append documents; those of which nothing is known that was sent are there already."""
        lines = [_line(each) for each in rejected if each.action]
        if not lines:
            return
        try:
            if not self.path.exists():
                self._begin()
            with self.path.open("a", encoding="ascii") as file:
                file.writelines(lines)
        except OSError as error:
            raise EngineError(told(error, self.path, "keep what the cluster refused")) from error

    def _begin(self) -> None:
        """Make room, and say where they are: once for each generation."""
        others = sorted(self.path.parent.glob(FILES))
        for old in others[: max(0, len(others) - KEPT + 1)]:
            old.unlink(missing_ok=True)
        logging.getLogger(__name__).warning(
            "the cluster refuses documents; what was sent, and why, is in %s", self.path
        )


def _line(rejected: Rejected) -> str:
    sent = [json.loads(line) for line in rejected.action.splitlines()]
    return json.dumps({"id": rejected.id, "reason": rejected.reason, "sent": sent}) + "\n"
