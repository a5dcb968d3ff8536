"""Manifests that nobody published, with a checksum that says otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from searcher.generations.manifest import sealed


def forge(path: Path, record: Mapping[str, Any]) -> None:
    """Write *record* as the manifest at *path*, sealed."""
    path.write_bytes(sealed(json.dumps(record).encode()))
