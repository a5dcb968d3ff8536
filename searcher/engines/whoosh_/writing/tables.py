"""Tables: arrays in temporary files, each by its name in a folder; nothing is pickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def save_table(folder: Path, name: str, values: npt.NDArray[Any]) -> None:
    """Write an array."""
    with (folder / f"{name}.npy").open("xb") as file:
        np.save(file, values, allow_pickle=False)


def load_table(folder: Path, name: str) -> npt.NDArray[Any]:
    """Read an array with plain reads: mapped files would count as memory of the process."""
    with (folder / f"{name}.npy").open("rb") as file:
        values: npt.NDArray[Any] = np.load(file, allow_pickle=False)
        return values
