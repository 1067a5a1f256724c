"""A table's columns to a matrix.

- ``encoder``  the estimator; ``columns``: a class a kind of column
- ``state``    what columns learnt as plain values, and back
"""

from hinterland.preprocessing.tabular.encoder import TabularEncoder

__all__ = ["TabularEncoder"]
