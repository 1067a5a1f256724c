"""Public data sets, each a ``Dataset``: a table ``X`` and the truth ``is_anomaly`` about its rows."""

from hinterland.datasets._dataset import Dataset

__all__ = ["Dataset"]
