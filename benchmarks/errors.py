"""What can go wrong in a step of a benchmark."""

from __future__ import annotations


class StepError(Exception):
    """A step failed; its message is the last line of what it ``said``."""

    def __init__(self, said: str) -> None:
        super().__init__((said.strip().splitlines() or ["it said nothing"])[-1])
        self.said = said
