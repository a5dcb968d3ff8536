"""Settings: how an index is kept that does not lie in its own folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_LONGEST = 2_000
_HOST = r"[0-9A-Za-z._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]"
_NODE = rf"https?://(?:{_HOST})(?::([0-9]{{1,5}}))?(?:/[0-9A-Za-z._~/-]{{0,500}})?"
_PORTS = 65_535
_ALIAS = r"[a-z0-9][a-z0-9._-]{0,149}"


@dataclass(frozen=True, slots=True)
class OpenSearch:
    """The OpenSearch cluster that an index is kept in, as ``engine`` of `searcher.build`.

    ``url`` is that of a node, ``http`` or ``https``, or of several with commas between.
    ``alias`` is the name by which other programs find the index: ``searcher-`` and the name of
    the index folder, unless given.  ``shards`` are its parts, ``replicas`` the further copies of
    each.

    Whom to log in as is never part of it.  The environment says that:
    ``SEARCHER_OPENSEARCH_USER`` and ``SEARCHER_OPENSEARCH_PASSWORD``, or
    ``SEARCHER_OPENSEARCH_API_KEY``; and ``SEARCHER_OPENSEARCH_CA`` names a file of the
    certificates to trust.

    >>> OpenSearch("http://localhost:9200/", shards=3).settings
    {'url': 'http://localhost:9200', 'shards': 3, 'replicas': 1}

    Raises:
        ValueError: something is out of its range, or the URL holds a user or a password.
    """

    url: str
    alias: str | None = None
    shards: int = 1
    replicas: int = 1

    def __post_init__(self) -> None:
        """Refuse what no index can be kept in."""
        object.__setattr__(self, "url", checked_url(self.url))
        if self.alias is not None:
            check_alias(self.alias)
        _check_number("shards", self.shards, 1, 1_024)
        _check_number("replicas", self.replicas, 0, 64)

    @property
    def settings(self) -> Mapping[str, str | int]:
        """What the engine is told, and a manifest keeps."""
        alias = {} if self.alias is None else {"alias": self.alias}
        return {"url": self.url, **alias, "shards": self.shards, "replicas": self.replicas}


def checked_url(url: object) -> str:
    """Return the URLs of nodes, without blanks and slashes behind them.

    >>> checked_url("http://one:9200, http://two:9200/")
    'http://one:9200,http://two:9200'

    Raises:
        ValueError: it is none, or holds a user or a password; the message does not repeat it.
    """
    if not isinstance(url, str) or not 0 < len(url) <= _LONGEST:
        raise ValueError(f"the URL of a cluster must be a text of 1 to {_LONGEST:,} characters")
    if "@" in url:
        raise ValueError(
            "the URL must not hold a user or a password: set SEARCHER_OPENSEARCH_USER and "
            "SEARCHER_OPENSEARCH_PASSWORD in the environment"
        )
    nodes = [node.strip(" ").rstrip("/") for node in url.split(",")]
    if not all(map(_is_node, nodes)):
        # Not repeated: what is wrong may be a secret in the wrong place.
        raise ValueError("the URL is none of a cluster; one is like https://search.lan:9200")
    return ",".join(nodes)


def _is_node(url: str) -> bool:
    found = re.fullmatch(_NODE, url, re.ASCII)
    return found is not None and int(found[1] or 1) in range(1, _PORTS + 1)


def check_alias(alias: object) -> None:
    """Raise ValueError unless *alias* is a name that a cluster takes."""
    if not isinstance(alias, str) or not re.fullmatch(_ALIAS, alias):
        raise ValueError(
            f"{alias!r:.80} cannot be an alias: small letters, digits, . _ and - can stand in it, "
            "150 at most, a letter or a digit first"
        )


def _check_number(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{name} must be a number from {least} to {most}, it is {value!r:.80}")
