"""Client: the one door to `opensearchpy`, with secrets from the environment and named errors."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from searcher.errors import ClusterError, EngineError, IndexCorruptError

if TYPE_CHECKING:
    from opensearchpy import OpenSearch

USER = "SEARCHER_OPENSEARCH_USER"
PASSWORD = "SEARCHER_OPENSEARCH_PASSWORD"
API_KEY = "SEARCHER_OPENSEARCH_API_KEY"
CA_FILE = "SEARCHER_OPENSEARCH_CA"

TIMEOUT = 60.0
"""Seconds that an answer may take; a few things that take longer say so."""

RETRIES = 4
"""So often a question is asked again at once, of another node where there is one."""

_REST = 10.0
"""Seconds that a node which does not answer is left alone, however often it did not before."""

BUSY = (429, 502, 503, 504)
"""Answers that mean: later."""

OLDEST = (2, 4)
"""The oldest OpenSearch that has all that is asked: 2.4 brought point-in-time searches."""

_VARIABLES = (USER, PASSWORD, API_KEY, CA_FILE)
_HERE = ("localhost", "127.0.0.1", "::1")
_REFUSED = (401, 403)


def connect(url: str) -> OpenSearch:
    """Return the client of the nodes at *url*, kept for this process.

    Raises:
        EngineError: the package is not installed, or the environment holds half a login, one
            that would be sent for all to read, or a file of certificates that is not there.
    """
    user, password, key, ca_file = (os.environ.get(name, "") for name in _VARIABLES)
    client: OpenSearch = _client(url, os.getpid(), user, password, key, ca_file)
    return client


@lru_cache(8)
def _client(url: str, _process: int, user: str, password: str, key: str, ca_file: str) -> Any:
    headers = _login(url, user, password, key)
    if ca_file and not Path(ca_file).is_file():
        raise EngineError(f"{ca_file}: there is no such file of certificates; see {CA_FILE}")
    return _package().OpenSearch(
        hosts=url.split(","),
        connection_class=_connection(),
        timeout=TIMEOUT,
        max_retries=RETRIES,
        retry_on_status=BUSY[1:],
        retry_on_timeout=False,
        http_compress=False,
        pool_maxsize=16,
        dead_timeout=_REST,
        timeout_cutoff=0,
        headers=headers,
        ca_certs=ca_file or None,
    )


def _package() -> Any:
    try:
        import opensearchpy
    except ImportError as error:
        raise EngineError(
            "the engine opensearch needs a package more: pip install 'searcher[opensearch]'"
        ) from error
    return opensearchpy


def _connection() -> Any:
    """Return the class of the connections, which do not speak: each failure is named once."""
    from opensearchpy import Urllib3HttpConnection

    class Quiet(Urllib3HttpConnection):
        """A connection that logs no failures and no advice of the cluster."""

        def log_request_fail(self, *_: Any, **__: Any) -> None: ...

        def _raise_warnings(self, *_: Any) -> None: ...

    return Quiet


def _login(url: str, user: str, password: str, key: str) -> dict[str, str]:
    """Return the header that says who asks."""
    if not (user or password or key):
        return {}
    if bool(user) != bool(password) or bool(user) == bool(key):
        raise EngineError(
            f"the environment must hold both {USER} and {PASSWORD}, or {API_KEY} alone"
        )
    open_to_all = [each for each in url.split(",") if not _is_private(each)]
    if open_to_all:
        raise EngineError(
            f"{open_to_all[0]}: a login would be sent for all to read; use https, or unset "
            f"{API_KEY if key else USER}"
        )
    if key:
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise EngineError(f"what {API_KEY} holds is no key")
        return {"Authorization": f"ApiKey {key}"}
    both = base64.b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape"))
    return {"Authorization": f"Basic {both.decode('ascii')}"}


def _is_private(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in _HERE


def check_version(client: OpenSearch, url: str) -> None:
    """Raise ClusterError unless the cluster is an OpenSearch that is new enough."""
    with naming(url, "ask for its version"):
        version = client.info().get("version", {})
    number = str(version.get("number", ""))[:40]
    name = str(version.get("distribution", "elasticsearch"))[:40]
    if name != "opensearch" or _numbers(number) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise ClusterError(f"{url}: is {name} {number}; OpenSearch {oldest} or newer is needed")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())


# ---------------------------------------------------------------- errors


@contextmanager
def naming(url: str, action: str) -> Iterator[None]:
    """Turn an error of the client into one of ours: what, where, what next.

    Raises:
        ClusterError: it cannot be reached, is too busy, or refuses the login.
        IndexCorruptError: the index is gone.
        EngineError: it cannot do what is asked.
    """
    failed = _package().OpenSearchException
    try:
        yield
    except failed as error:
        kind, problem = _told(error)
        raise kind(f"{url}: cannot {action}: {_without_secrets(problem)}") from error


def may_pass(error: Exception) -> bool:
    """Tell whether an error raised by `naming` may be gone if it is tried again."""
    from opensearchpy import ConnectionError as Unreachable
    from opensearchpy import SSLError, TransportError

    cause = error.__cause__
    if isinstance(cause, Unreachable):
        return not isinstance(cause, SSLError)
    return isinstance(cause, TransportError) and cause.status_code in BUSY


def _told(error: Any) -> tuple[type[Exception], str]:
    """Return the kind of an error, what went wrong, in words, and what to do next; never what was
    sent.
    """
    from opensearchpy import ConnectionError as Unreachable
    from opensearchpy import TransportError

    if isinstance(error, Unreachable):
        return ClusterError, _unreachable(error)
    if not isinstance(error, TransportError):
        return ClusterError, "its answer makes no sense; see that the URL is that of OpenSearch"
    status, kind = error.status_code, _kind(error)
    if kind == "cluster_block_exception":
        return ClusterError, (
            f"it takes no changes ({reason_of(error.info)}); see that its disks are not full"
        )
    if status in _REFUSED:
        return ClusterError, (
            f"it refuses the login ({status}); set {USER} and {PASSWORD}, or {API_KEY}, to one "
            "that may do this"
        )
    if status == 404:
        return IndexCorruptError, "the index is not there; build again: searcher build PATH…"
    if status in BUSY:
        return ClusterError, f"it is too busy ({status}); run it again later"
    return EngineError, f"it says {status}: {reason_of(error.info) or error.error}"


def _unreachable(error: Any) -> str:
    from opensearchpy import ConnectionTimeout, SSLError

    if isinstance(error, SSLError):
        return (
            f"its certificate is not trusted ({_cause(error)}); name a file of those to trust in "
            f"{CA_FILE}"
        )
    if isinstance(error, ConnectionTimeout):
        return "it does not answer in time; run it again later"
    return f"it cannot be reached ({_cause(error)}); see that it is up, and run it again"


def _cause(error: Any) -> str:
    return str(error.info)[:300]


def _kind(error: Any) -> str:
    found = error.info.get("error") if isinstance(error.info, Mapping) else None
    return str(found.get("type")) if isinstance(found, Mapping) else ""


def reason_of(info: object) -> str:
    """Return the reason in what a cluster says of an error, in so many words at most."""
    found = info.get("error") if isinstance(info, Mapping) else None
    if not isinstance(found, Mapping):
        return str(found or "")[:300]
    said = [str(found.get("reason") or found.get("type") or "")]
    shards = found.get("failed_shards")
    if isinstance(shards, list) and shards and isinstance(shards[0], Mapping):
        found = {"caused_by": shards[0].get("reason")}  # that shards failed tells nobody why
    cause = found.get("caused_by")
    while isinstance(cause, Mapping) and len(said) < 3:
        said.append(str(cause.get("reason") or ""))
        cause = cause.get("caused_by")
    return ": ".join(filter(None, said))[:300]


def _without_secrets(text: str) -> str:
    """Return *text* without what nobody may read: a cluster might repeat what it was sent."""
    for name in (PASSWORD, API_KEY):
        secret = os.environ.get(name)
        text = text.replace(secret, "…") if secret else text
    return text
