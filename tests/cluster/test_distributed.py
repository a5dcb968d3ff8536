"""Distributed building against a real cluster: processes, Dask, a coordinator that is killed."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest

import searcher
from searcher import OpenSearch
from searcher.engines import ENGINES

COUNT = 4000

QUERIES = ('"脱贫攻坚"', "驻村 干部", "第7号", "软件 -下乡")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file of documents, some of them twice."""
    random = Random(7)
    path = tmp_path_factory.mktemp("records") / "records.jsonl"
    words = ["驻村", "工作队", "参与", "脱贫攻坚", "全市", "干部", "下乡", "软件", "工程"]
    with path.open("w", encoding="utf-8") as file:
        for number in range(COUNT):
            body = "".join(random.choices(words, k=random.randrange(5, 60)))
            name = f"d{number % (COUNT - 5)}"
            file.write(json.dumps({"id": name, "title": f"第{number}号", "body": body}) + "\n")
    return path


@pytest.fixture(scope="module")
def near(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an index of the embedded engine."""
    home = tmp_path_factory.mktemp("near") / "index"
    searcher.build([records], index=home)
    return home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Give a home, whose indexes in the cluster are removed behind it."""
    home = tmp_path / f"dist-{os.urandom(4).hex()}"
    yield home
    for folder in home.glob("gen-*"):
        ENGINES["opensearch"].drop(folder)


def answers(home: Path) -> list[tuple[int, list[str]]]:
    with searcher.open(home) as index:
        pages = [index.search(query, limit=50) for query in QUERIES]
        found = [(page.total, [hit.id for hit in page.hits]) for page in pages]
        return [*found, (len(index), index.ids())]


def test_two_processes_build_what_one_builds(
    records: Path, near: Path, home: Path, cluster: str
) -> None:
    report = searcher.build([records], index=home, engine=OpenSearch(cluster), jobs=2)
    assert (report.documents, report.failures) == (COUNT - 5, ())
    assert answers(home) == answers(near)
    assert not list(home.glob("*/ledger.jsonl"))


KILLED = """
import os, signal, sys
import searcher
read = []
def kill(_):
    read.append(1)
    if len(read) == 3000:
        os.kill(os.getpid(), signal.SIGKILL)
records, home, url = sys.argv[1:]
searcher.build([records], index=home, engine=searcher.OpenSearch(url), jobs=2, progress=kill)
"""


def test_a_coordinator_that_was_killed_is_gone_on_with(
    records: Path, near: Path, home: Path, cluster: str
) -> None:
    command = [sys.executable, "-c", KILLED, str(records), str(home), cluster]
    # Workers hold the pipe as long as they live.
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    report = searcher.build([records], index=home, engine=OpenSearch(cluster), jobs=2, resume=True)
    assert (report.documents, report.failures) == (COUNT - 5, ())
    [there] = re.findall(r"gone on with: ([\d,]+) of its documents", " ".join(report.warnings))
    assert 256 <= int(there.replace(",", "")) < 3000
    assert answers(home) == answers(near)
    assert len(list(home.glob("gen-*"))) == 1


def test_without_resume_nothing_is_left_of_a_build_that_was_killed(
    records: Path, near: Path, home: Path, cluster: str
) -> None:
    command = [sys.executable, "-c", KILLED, str(records), str(home), cluster]
    done = subprocess.run(command, stdout=subprocess.PIPE, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    [left] = home.glob("gen-*")
    searcher.build([records], index=home, engine=OpenSearch(cluster))
    assert not left.exists()
    assert answers(home) == answers(near)


@contextmanager
def workers() -> Iterator[str]:
    """Give the address of a Dask scheduler with two worker processes."""
    # No skip without it: whoever tests against a cluster wants to know.
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


@pytest.mark.filterwarnings("ignore")  # those of Dask are not ours
def test_the_workers_of_dask_build_what_one_process_builds(
    records: Path, near: Path, home: Path, cluster: str
) -> None:
    with workers() as address:
        command = [sys.executable, "-m", "searcher", "build", str(records), "--index", str(home)]
        engine = ["--engine", "opensearch", "--url", cluster, "--dask", address, "--json"]
        done = subprocess.run(
            [*command, *engine], capture_output=True, encoding="utf-8", check=False, timeout=120
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["documents"] == COUNT - 5
    assert answers(home) == answers(near)
