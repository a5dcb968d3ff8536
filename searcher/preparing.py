"""Preparing many documents, in this process or in several, in the order they came."""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from searcher.documents import Prepared, check, prepare
from searcher.errors import DocumentError, SearcherError
from searcher.model import Document, Failure
from searcher.text.words import document_cutter

CHUNK = 32
"""Documents sent to a worker at a time."""

_NO_WORKERS = (
    "worker processes could not start, or were killed; a script that builds with jobs=2 or more "
    "must do so below `if __name__ == '__main__':`"
)


def prepared(documents: Iterable[Document], jobs: int) -> Iterator[Prepared | Failure]:
    """Yield each document ready for an engine, or why it cannot be, in order.

    With *jobs* above 1 that many processes analyze; only a few chunks are in memory at a time.

    Raises:
        SearcherError: the processes could not start, or one died.
    """
    if jobs <= 1:
        for document in documents:
            yield _prepared(document)
        return
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise SearcherError(_NO_WORKERS)  # a worker is running the caller's script again
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context) as pool:
        try:
            yield from _pooled(pool, iter(documents), 2 * jobs)
        except BrokenProcessPool as error:
            raise SearcherError(_NO_WORKERS) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _pooled(
    pool: ProcessPoolExecutor, documents: Iterator[Document], most: int
) -> Iterator[Prepared | Failure]:
    waiting: deque[Future[list[Prepared | Failure]]] = deque()
    sound = map(_sound, documents)
    while chunk := list(islice(sound, CHUNK)):
        waiting.append(pool.submit(_prepare_chunk, chunk))
        if len(waiting) >= most:
            yield from waiting.popleft().result()
    while waiting:
        yield from waiting.popleft().result()


def _prepare_chunk(documents: list[Document | Failure]) -> list[Prepared | Failure]:
    return [each if isinstance(each, Failure) else _prepared(each) for each in documents]


def _sound(document: Document) -> Document | Failure:
    """Return a document that can travel to a worker, or why it is none."""
    _expect_document(document)
    try:
        check(document)
    except DocumentError as error:
        return Failure(error.where, error.reason)
    return document


def _prepared(document: Document) -> Prepared | Failure:
    _expect_document(document)
    try:
        return prepare(document, document_cutter())
    except DocumentError as error:
        return Failure(error.where, error.reason)


def _expect_document(document: object) -> None:
    if not isinstance(document, Document):
        raise TypeError(f"expected a searcher.Document, not {type(document).__name__}")
