"""Nodes: an OpenSearch cluster on loopback, as long as it is used."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from jars import HERE, NoClusterError, class_path

SECONDS = 240
"""A cluster is given up that is not ready by then."""

_NODES = 3

PORT = 19_300
"""The first one tried."""


class Node:
    """One JVM with some nodes of a cluster, or with one of them."""

    def __init__(self, which: str, port: int, folder: Path, memory: str, more: Sequence[str]):
        order = ["java", f"-Xms{memory}", f"-Xmx{memory}", "-XX:+UseSerialGC"]
        order += ["-Dlog4j2.disable.jmx=true", "-cp", class_path(), str(HERE / "Start.java")]
        order += [which, str(port), str(folder), *more]
        self._log: list[str] = []
        self._ready = threading.Event()
        self.process = subprocess.Popen(
            order,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._drained = threading.Thread(target=self._drain, daemon=True)
        self._drained.start()

    def _drain(self) -> None:
        # A full pipe would stop the node.
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._log.append(line.rstrip())
            del self._log[:-200]
            if line.strip() == "READY":
                self._ready.set()
        self._ready.set()

    def wait(self, seconds: float) -> None:
        """Wait until it is ready."""
        if not self._ready.wait(seconds) or self.process.poll() is not None:
            raise NoClusterError("a node does not start: " + " | ".join(self._log[-5:]))

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self.process.kill()
        self._close()

    def stop(self) -> None:
        """End it in order."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self._close()

    def _close(self) -> None:
        """Let go of what is left of a process that has ended."""
        self.process.wait()
        self._drained.join(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


class Cluster:
    """Some nodes on loopback; ``url`` names all of them, ``urls`` each.

    Node N serves on *port* + N, or on the next free one.  *apart* gives each node a JVM of its
    own, so that one can be killed; *more* are settings of every node.  Its data goes when it ends.

    Raises:
        NoClusterError: it does not start; the message says what to do.
    """

    def __init__(
        self,
        nodes: int = _NODES,
        *,
        port: int = PORT,
        apart: bool = False,
        more: Sequence[str] = (),
    ) -> None:
        self.port = free_port(nodes, port)
        self.urls = [f"http://127.0.0.1:{self.port + node}" for node in range(1, nodes + 1)]
        self.url = ",".join(self.urls)
        self.folder = Path(tempfile.mkdtemp(prefix="searcher-cluster-"))
        self._count = nodes
        self._more = tuple(more)
        self._apart = apart
        self.nodes: list[Node] = []
        try:
            for each in self._parts():
                self.nodes.append(self._node(each))
            deadline = time.monotonic() + SECONDS
            for node in self.nodes:
                node.wait(deadline - time.monotonic())
            self.wait(deadline - time.monotonic())
        except BaseException:
            self.stop()
            raise

    def _parts(self) -> list[int]:
        return list(range(1, self._count + 1)) if self._apart else [0]

    def _node(self, node: int) -> Node:
        which = f"{self._count}/{node}" if node else str(self._count)
        memory = "384m" if node else "1g"
        return Node(which, self.port, self.folder / f"n{node}", memory, self._more)

    def restart(self, node: int) -> None:
        """Start the *node*-th node again, counted from 1, after it was killed."""
        self.nodes[node - 1] = self._node(node)
        self.nodes[node - 1].wait(SECONDS)

    def wait(self, seconds: float) -> None:
        """Wait until all nodes have found each other, and every copy is there."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.health().get("status") == "green":
                return
            time.sleep(0.5)
        raise NoClusterError(f"the cluster is not ready: {self.health()}")

    def health(self) -> dict[str, object]:
        """Return what the cluster says of its health, if it is whole; nothing if not."""
        for url in self.urls:
            path = f"{url}/_cluster/health?wait_for_nodes={self._count}&timeout=1s"
            with suppress(OSError, ValueError), urllib.request.urlopen(path, timeout=10) as answer:
                return dict(json.load(answer))
        return {}

    def stop(self) -> None:
        """End all nodes and remove their data."""
        for node in self.nodes:
            node.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Cluster:
        """Return the cluster itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop it."""
        self.stop()


def free_port(nodes: int, first: int) -> int:
    """Return a port, *first* if it may be, behind which all that nodes need are free."""
    bases: list[int] = [first, *range(PORT, 32_000, 300)]
    for base in bases:
        ports = [base + offset + node for offset in (0, 100) for node in range(1, nodes + 1)]
        if all(map(_is_free, ports)):
            return base
    raise NoClusterError("there are no free ports on 127.0.0.1 between 19300 and 32000")


def _is_free(port: int) -> bool:
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
