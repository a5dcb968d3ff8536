"""Reports: what jobs and changes did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Failure(NamedTuple):
    """A document that was not indexed: where it is and why."""

    where: str
    reason: str


def _plain(failures: tuple[Failure, ...]) -> tuple[dict[str, Any], ...]:
    return tuple(each._asdict() for each in failures)


class BuildReport(NamedTuple):
    """What a job did: a build, a rebuild, an update from files or a removal.

    ``to_dict`` is what ``--json`` prints.

    ``generation`` is the one published now, ``previous`` the one before; they are the same where
    nothing had changed.  ``generation`` is None where nothing was published.
    ``documents`` are in it, ``empty`` of them without any unit.

    Of the documents a job looked at, ``added`` are new, ``changed`` others than before,
    ``removed`` not there any more, and ``unchanged`` as they were.  A complete build compares
    nothing: these are None.
    ``replaced`` records gave way to a later one of the same id, ``missing`` are ids to remove
    that were not there, ``skipped`` is how many paths were left alone on purpose.
    ``encodings`` says how many files were read in each encoding, the most first.

    ``seconds`` is the time of the whole job, ``stages`` that of its parts by name, ``bytes`` the
    size of the generation and ``fingerprint`` its analyzer.
    ``recall`` says of how many ``sampled`` stretches the check ``found`` the document again,
    ``golden`` what golden queries ``gained`` and ``lost`` against the generation before.
    """

    job: str
    generation: str | None
    previous: str | None
    documents: int
    added: int | None
    changed: int | None
    removed: int | None
    unchanged: int | None
    empty: int
    replaced: int
    missing: tuple[str, ...]
    skipped: int
    encodings: Mapping[str, int]
    failures: tuple[Failure, ...]
    warnings: tuple[str, ...]
    seconds: float
    stages: Mapping[str, float]
    bytes: int
    fingerprint: str
    recall: Mapping[str, int]
    golden: tuple[Mapping[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, in the order of the fields."""
        return {**self._asdict(), "failures": _plain(self.failures)}


class UpdateReport(NamedTuple):
    """What an update did: documents ``added`` new, ``changed`` in place of one with the same id,
    ``removed``, ``unchanged`` since the index had them as they were.

    ``generation`` is the one published, or the one before where nothing had changed.
    ``replaced`` documents gave way to a later one of the same id, ``missing`` are ids to remove
    that were not there.
    """

    generation: str
    added: int
    changed: int
    removed: int
    unchanged: int
    replaced: int
    missing: tuple[str, ...]
    failures: tuple[Failure, ...]
    warnings: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Whether the index is another one now."""
        return bool(self.added or self.changed or self.removed)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values, in the order of the fields."""
        return {**self._asdict(), "failures": _plain(self.failures)}
