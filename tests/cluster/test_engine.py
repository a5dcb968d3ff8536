"""The contract suite of engines, over a real cluster, with one shard and with three."""

from __future__ import annotations

from collections.abc import Iterator

import batches as corpus
import pytest
from contracts import test_engine as contract
from contracts.test_engine import *  # noqa: F403 - the whole suite
from inplace import InPlace

contract.QUERIES = 100  # each is a request
contract.TOLERANCE = 1e-6  # Lucene computes with 32 bits

# There is no word of one character that is no unit: the embedded engine alone can tell the two
# apart, and no analysis makes one.
corpus.NOWHERE = tuple(word for word in corpus.NOWHERE if len(word) > 1)

# It is about the files of an index; here they are the cluster's.
del test_damage_anywhere_is_found_by_the_check  # noqa: F821
del engine  # noqa: F821 - below is the one that is asked for here


@pytest.fixture(name="engine", scope="module", params=[1, 3], ids=["1 shard", "3 shards"])
def in_place(request: pytest.FixtureRequest, cluster: str) -> Iterator[InPlace]:
    engine = InPlace(cluster, request.param)
    yield engine
    engine.clean()
