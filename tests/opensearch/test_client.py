"""Who asks a cluster, whom it trusts, what is said of what goes wrong; and no secret anywhere."""

from __future__ import annotations

import base64
import json
import logging
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from fakecluster import URL, FakeCluster, Unreachable
from opensearchpy import Urllib3HttpConnection

import searcher
from searcher import ClusterError, Document, EngineError, IndexCorruptError, OpenSearch
from searcher.engines.opensearch_ import FILE, client
from searcher.engines.opensearch_.client import connect
from searcher.engines.opensearch_.place import alias_of, read_place

SECRET = "geheim-8c1f-Schlüssel"
KEY = "bm9ib2R5OmtleQ-7d20=="

CAN = {"url": URL, "index": "a-1", "alias": "a", "shards": 1, "replicas": 0, "home": "0" * 32}


def login(monkeypatch: pytest.MonkeyPatch, **said: str) -> None:
    for name, value in said.items():
        monkeypatch.setenv(f"SEARCHER_OPENSEARCH_{name}", value)


# ---------------------------------------------------------------- secrets


def test_a_login_is_sent_and_written_nowhere(
    cluster: FakeCluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    login(monkeypatch, USER="searcher", PASSWORD=SECRET)
    home = tmp_path / "index"
    documents = [Document("a", "脱贫"), Document("poison", "脱贫")]
    with caplog.at_level(logging.DEBUG):
        report = searcher.build(documents, index=home, engine=OpenSearch(URL), samples=0)
        with searcher.open(home) as index:
            index.update([Document("b", "软件")])
        cluster.trouble("GET", "/_alias/*", (500, {"error": {"reason": f"no {SECRET}"}}), 9)
        said = str(searcher.build(documents, index=home, engine=OpenSearch(URL), samples=0))
    wanted = base64.b64encode(f"searcher:{SECRET}".encode()).decode()
    assert {each.headers["authorization"] for each in cluster.asked} == {f"Basic {wanted}"}
    written = [path.read_bytes() for path in home.rglob("*") if path.is_file()]
    assert len(written) > 8
    everything = [*written, caplog.text.encode(), said.encode(), str(report.to_dict()).encode()]
    for secret in (SECRET, wanted):
        assert not [each for each in everything if secret.encode() in each]
        assert secret not in json.dumps(
            [each.body.decode() if isinstance(each.body, bytes) else each.body
             for each in cluster.asked], ensure_ascii=False,
        )  # fmt: skip


def test_a_key_is_sent(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    login(monkeypatch, API_KEY=KEY)
    connect(URL).info()
    assert cluster.last("GET", "/").headers["authorization"] == f"ApiKey {KEY}"


@pytest.mark.parametrize(
    "said",
    [
        {"USER": "a"},
        {"PASSWORD": SECRET},
        {"API_KEY": SECRET, "USER": "a", "PASSWORD": SECRET},
        {"API_KEY": f"{SECRET}\r\nX-Other: 1"},
    ],
)
def test_half_a_login_is_refused(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch, said: dict[str, str]
) -> None:
    login(monkeypatch, **said)
    with pytest.raises(EngineError, match="SEARCHER_OPENSEARCH_") as error:
        connect(URL)
    assert SECRET not in str(error.value)


def test_a_login_is_not_sent_for_all_to_read(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    login(monkeypatch, USER="a", PASSWORD=SECRET)
    with pytest.raises(EngineError, match="use https") as error:
        connect("https://one.lan:9200,http://two.lan:9200")
    assert SECRET not in str(error.value)
    connect("https://one.lan:9200")
    connect("http://[::1]:9200")


def test_certificates_are_checked_against_the_file_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    client._client.cache_clear()
    login(monkeypatch, CA=str(tmp_path / "none.pem"))
    with pytest.raises(EngineError, match=r"none.pem: there is no such file of certificates"):
        connect("https://127.0.0.1:9")
    own = tmp_path / "own.pem"
    own.write_text("", "ascii")
    login(monkeypatch, CA=str(own))
    [connection] = connect("https://127.0.0.1:9").transport.seed_connections
    assert isinstance(connection, Urllib3HttpConnection)
    assert connection.pool.ca_certs == str(own)
    assert connection.pool.cert_reqs == "CERT_REQUIRED"


@pytest.mark.parametrize(
    "url",
    [
        f"https://searcher:{SECRET}@search.lan:9200",
        f"http://one:9200,http://x:{SECRET}@two:9200",
        f"ftp://search.lan/{SECRET}",
        "search.lan:9200",
        f"https://search.lan:9200/?key={SECRET}",
        "https://",
        "https://search.lan:9200/a b",
        "",
        "https://a" + "a" * 3_000,
        "http://search.lan:9200\n",
    ],
)
def test_urls_that_are_none_of_a_cluster(url: str) -> None:
    with pytest.raises(ValueError, match="URL") as error:
        OpenSearch(url)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"alias": "Index"}, {"alias": ""}, {"alias": "-a"}, {"alias": "a,b"}, {"alias": "a*"},
        {"alias": "a" * 151}, {"shards": 0}, {"shards": True}, {"replicas": -1}, {"shards": 5_000},
    ],
)  # fmt: skip
def test_settings_that_no_cluster_takes(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"alias|shards|replicas"):
        OpenSearch(URL, **wrong)  # type: ignore[arg-type]


def test_an_engine_must_be_one_that_there_is(tmp_path: Path) -> None:
    for engine, problem in (("opensearch", r"OpenSearch\(URL\)"), ("solr", "there are whoosh")):
        with pytest.raises(ValueError, match=problem):
            searcher.build([], index=tmp_path / "i", engine=engine)
    with pytest.raises(TypeError, match="expected an engine"):
        searcher.build([], index=tmp_path / "i", engine=1)  # type: ignore[arg-type]


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("answer", "kind", "problem"),
    [
        ((401, {"error": {"type": "x", "reason": "no"}}), ClusterError, "it refuses the login"),
        ((403, {"error": {"type": "security_exception"}}), ClusterError, "it refuses the login"),
        ((403, {"error": {"type": "cluster_block_exception", "reason": "full"}}), ClusterError,
         r"takes no changes \(full\)"),
        ((429, {}), ClusterError, "it is too busy"),
        ((404, {"error": {"type": "index_not_found_exception"}}), IndexCorruptError,
         "the index is not there"),
        ((400, {"error": {"type": "x", "reason": "one", "caused_by": {"reason": "two"}}}),
         EngineError, "it says 400: one: two"),
        ((200, "<html>"), ClusterError, "its answer makes no sense"),
        (Unreachable, ClusterError, "it cannot be reached"),
    ],
)  # fmt: skip
def test_every_failure_has_a_name(
    cluster: FakeCluster, answer: object, kind: type[Exception], problem: str
) -> None:
    cluster.trouble("GET", "/", answer, 9)
    with pytest.raises(kind, match=problem) as error, client.naming(URL, "ask"):
        connect(URL).info()
    assert str(error.value).startswith(f"{URL}: cannot ask: ")
    assert len(str(error.value)) < 500


def test_a_cluster_that_is_not_there_is_named_soon(tmp_path: Path) -> None:
    client._client.cache_clear()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        command = [sys.executable, "-m", "searcher", "build", __file__, "--engine", "opensearch"]
        where = ["--url", url, "--index", str(tmp_path / "index")]
        done = subprocess.run(
            [*command, *where], capture_output=True, encoding="utf-8", check=False, timeout=60
        )
    assert done.returncode == 2
    assert f"{url}: cannot ask for its version: it cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "index").glob("gen-*"))


def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client._client.cache_clear()
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    with pytest.raises(EngineError, match=r"pip install 'searcher\[opensearch\]'"):
        searcher.build([Document("a", "脱贫")], index=tmp_path / "i", engine=OpenSearch(URL))


# ---------------------------------------------------------------- the file


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": f"http://a:{SECRET}@b"}, {"index": "../x"}, {"index": 3}, {"alias": "*"},
        {"home": "x"}, {"shards": "1"}, {"replicas": -1}, {"more": 1}, {"format": 2},
    ],
)  # fmt: skip
def test_a_place_is_read_strictly(tmp_path: Path, wrong: dict[str, object]) -> None:
    path = tmp_path / FILE
    path.write_text(json.dumps({"format": 1, **CAN}), "ascii")
    assert read_place(tmp_path).to_dict() == CAN
    path.write_text(json.dumps({"format": 1, **CAN, **wrong}), "ascii")
    with pytest.raises(IndexCorruptError, match=FILE) as error:
        read_place(tmp_path)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"[" * 60_000, b"{}" * 60_000, b"\xff"])
def test_a_place_that_is_none_is_named(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / FILE).write_bytes(raw)
    with pytest.raises(IndexCorruptError, match=FILE):
        read_place(tmp_path)


def test_an_alias_is_made_of_the_name_of_the_folder(tmp_path: Path) -> None:
    names = {"My Index": "searcher-my-index", "新聞": "searcher-index", "a" * 200: None}
    for name, wanted in names.items():
        alias = alias_of(tmp_path / name)
        assert OpenSearch(URL, alias=alias).alias == alias
        assert wanted in (None, alias)
