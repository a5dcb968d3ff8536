"""The damage that a bytewise replacement does to GBK text; `benchmarks.variants` does it too."""

from benchmarks.damage import annotate, decode_lossily

__all__ = ["annotate", "decode_lossily"]
