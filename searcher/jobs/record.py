"""The record of a job in a manifest: which roots were read and how, so that it can be repeated.

``roots`` are the paths and names; ``include``, ``exclude``, ``encodings``, ``max_size`` and
``follow_links`` hold for all of them, but where a root has its own, given by a later update.
``stdin`` says that standard input was read, and ``documents`` how many documents came from there
or from a program: those cannot be read again.  ``keep`` is how many generations stay.
``engine`` is what the engine was told, where it was told anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from searcher.arguments import KEEP
from searcher.engines.base import Settings
from searcher.errors import IndexCorruptError
from searcher.generations import Manifest
from searcher.sources import Options, Root

STDIN = "-"
"""Given as a path it means standard input."""


class Part(NamedTuple):
    """A root, or what stands somewhere below it, and how it is read."""

    root: Root
    options: Options


class Choice(NamedTuple):
    """What a call says about how files are chosen and read; None leaves it as it is recorded."""

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    encodings: tuple[tuple[str | None, str], ...] | None = None
    max_size: int | None = None

    @property
    def given(self) -> bool:
        """Whether anything was said."""
        return any(value is not None for value in self)

    def over(self, options: Options) -> Options:
        """Return *options* with what was said in place of what they say.

        >>> Choice(exclude=("*.log",)).over(Options(include=("a*",))).exclude
        ('*.log',)
        """
        said = {name: value for name, value in self._asdict().items() if value is not None}
        return replace(options, **said)


@dataclass(frozen=True, slots=True)
class Record:
    """What a job has read: ``options`` are those of all ``parts``, but where one has its own.

    ``given`` is how many documents of the index came from standard input or a program,
    ``settings`` is what its engine was told, ``keep`` how many generations stay unless a job is
    told otherwise.
    """

    parts: tuple[Part, ...] = ()
    options: Options = field(default_factory=Options)
    stdin: bool = False
    given: int = 0
    settings: Settings = field(default_factory=dict)
    keep: int = KEEP

    @property
    def roots(self) -> tuple[Root, ...]:
        """The roots, without how they are read."""
        return tuple(part.root for part in self.parts)

    def options_of(self, root: Root) -> Options:
        """Return how a root is read; one that is not recorded, as if nothing had been said."""
        found = (part.options for part in self.parts if part.root.path == root.path)
        return next(found, Options(leave_out=self.options.leave_out))

    def joined(self, parts: Sequence[Part], *, stdin: bool) -> Record:
        """Return the record with whole roots, new or not, as they are read now.

        With *stdin* standard input was read, too.
        """
        now = {part.root.path: part for part in (*self.parts, *parts)}
        return replace(self, parts=tuple(now.values()), stdin=self.stdin or stdin)

    def to_job(self) -> dict[str, Any]:
        """Return what a manifest keeps."""
        everywhere = _plain(self.options)
        engine = {"engine": dict(self.settings)} if self.settings else {}
        return {
            "roots": [
                {"path": str(root.path), "name": root.name}
                | {k: v for k, v in _plain(options).items() if v != everywhere[k]}
                for root, options in self.parts
            ],
            "stdin": self.stdin,
            "documents": self.given,
            "keep": self.keep,
            **engine,
            **everywhere,
        }


def on_disk(paths: Iterable[str | Path]) -> list[str | Path]:
    """Return *paths* without standard input."""
    return [path for path in paths if str(path) != STDIN]


def record_of(manifest: Manifest, home: Path) -> Record:
    """Return the record in the *manifest* of an index at *home*, which is never read as a source.

    Raises:
        IndexCorruptError: no version of ours wrote it.
    """
    try:
        return _read(manifest, home)
    except (KeyError, TypeError, ValueError) as error:
        raise IndexCorruptError(
            f"{home}: the record of how it was built is damaged ({error}); "
            "build again: searcher build PATH…"
        ) from error


def _plain(options: Options) -> dict[str, Any]:
    return {
        "include": list(options.include),
        "exclude": list(options.exclude),
        "encodings": [list(pair) for pair in options.encodings],
        "max_size": options.max_size,
        "follow_links": options.follow_links,
    }


def _read(manifest: Manifest, home: Path) -> Record:
    job = manifest.job
    everywhere = _options(job, Options(leave_out=(home.resolve(),)))
    given = job.get("documents", 0)
    return Record(
        parts=tuple(
            Part(Root(Path(_text(root["path"])), _text(root["name"])), _options(root, everywhere))
            for root in _list(job.get("roots", []))
        ),
        options=everywhere,
        stdin=job.get("stdin", False) is True,
        # Older versions only said that there are such documents: then they were all of them.
        given=manifest.counts["documents"] if given is True else _number(given),
        settings=_settings(job.get("engine", {})),
        keep=_number(job.get("keep", KEEP), least=1),
    )


def _options(record: Mapping[str, Any], others: Options) -> Options:
    """Return the options in *record*, and those of *others* where it says nothing."""
    encodings = record.get("encodings", [list(pair) for pair in others.encodings])
    return replace(
        others,
        include=tuple(map(_text, _list(record.get("include", list(others.include))))),
        exclude=tuple(map(_text, _list(record.get("exclude", list(others.exclude))))),
        encodings=tuple(
            (None if glob is None else _text(glob), _text(name)) for glob, name in _list(encodings)
        ),
        max_size=_number(record.get("max_size", others.max_size)),
        follow_links=_truth(record.get("follow_links", others.follow_links)),
    )


def _settings(value: object) -> Settings:
    if not isinstance(value, dict) or not all(
        isinstance(name, str) and isinstance(said, str | int) for name, said in value.items()
    ):
        raise TypeError(f"{value!r:.80} are no settings of an engine")
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.80} is no list")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.80} is no text")
    return value


def _number(value: object, least: int = 0) -> int:
    if not isinstance(value, int) or value < least:
        raise TypeError(f"{value!r:.80} is no number of {least} or more")
    return int(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r:.80} is neither true nor false")
    return value
