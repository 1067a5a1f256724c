"""Thyroid: hormone measurements, where the hyperfunctioning class is the anomaly."""

from dataclasses import replace

from hinterland.datasets._dataset import TABLES, Dataset
from hinterland.datasets.adbench import load_adbench


@TABLES.member("thyroid")
def load_thyroid() -> Dataset:
    """Thyroid as ODDS prepares it: 3,772 rows, 6 measurements without names, 93 anomalies.

    Read from ADBench, which passes the ODDS rows on under the name ``38_thyroid``.

    Raises
    ------
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    """
    return replace(load_adbench("38_thyroid"), name="thyroid", source="ODDS thyroid, through ADBench")
