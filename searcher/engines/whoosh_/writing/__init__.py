"""From batches to segments: spooled, then inverted range by range; merged after updates."""
