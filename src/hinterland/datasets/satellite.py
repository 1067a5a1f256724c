"""Satellite: Landsat images of soil (Statlog), where the three smallest classes are the anomalies."""

from hinterland.datasets._arrays import read_labelled
from hinterland.datasets._dataset import TABLES, Dataset
from hinterland.datasets._fetch import PublicFile, fetch

FILE = PublicFile(
    path="tabular/satellite.mat",
    url="https://www.dropbox.com/s/dpzxp8jyr9h93k5/satellite.mat?dl=1",
    sha256="6feac3112b9c14e1c3e60afc437f2f3d29dc1000119c9f950c628078778d6aa0",
)


@TABLES.member("satellite")
def load_satellite() -> Dataset:
    """Satellite as ODDS prepares it: 6,435 rows, 36 pixel values, 2,036 anomalies (classes 2, 4 and 5).

    The columns are four spectral bands of the nine pixels of a 3 x 3 square; the source does not name them.

    Raises
    ------
    DataNotFoundError
        Not on this machine, and it cannot be downloaded.
    """
    return read_labelled(fetch(FILE), name="satellite", source="ODDS satellite (Statlog Landsat)")
