"""`make cluster`: three nodes on loopback to try things out, until Ctrl-C."""

from __future__ import annotations

import signal
import sys

from jars import NoClusterError
from nodes import Cluster


def main() -> int:
    """Start a cluster, say how it is used, and wait."""
    print("starting three nodes; the first time their jars (50 MB) are fetched …", flush=True)
    try:
        with Cluster(port=9199, apart=True) as cluster:
            print(
                f"ready: {cluster.urls[0]}\n"
                f"  searcher build seeds --engine opensearch --url {cluster.url}\n"
                "  searcher search 驻村\n"
                "Ctrl-C ends it and forgets its data.",
                flush=True,
            )
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
    except NoClusterError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    sys.exit(main())
