"""Index homes: one pointer, one writer's lock, and generations that are complete or not there.

A home is a folder: ``CURRENT`` names the published generation, ``LOCK`` belongs to the writer,
``gen-<id>/`` holds the engine's files beside ``manifest.json`` and the marker ``GENERATION``.
Readers go through `Home.current` and keep what they opened; changes go through `Home.lock`::

    with home.lock("searcher build") as writer:
        writer.clean()
        with writer.begin() as draft:
            ...                                     # the engine fills draft.folder
            with draft.seal(manifest) as generation:
                ...                                 # complete, for this process to look at
            with draft.publish() as generation:
                ...                                 # what readers see from now on
"""

from searcher.generations.generation import Generation, verify_files
from searcher.generations.home import Home, Listed
from searcher.generations.layout import check_trusted
from searcher.generations.manifest import FileEntry, Manifest
from searcher.generations.publish import Draft, HomeWriter
from searcher.generations.storage import Storage, named_errors

__all__ = [
    "Draft",
    "FileEntry",
    "Generation",
    "Home",
    "HomeWriter",
    "Listed",
    "Manifest",
    "Storage",
    "check_trusted",
    "named_errors",
    "verify_files",
]
