"""Rows to a float32 matrix: what stands between a table, or pictures, and a network."""

from hinterland.preprocessing.tabular import TabularEncoder

__all__ = ["TabularEncoder"]
