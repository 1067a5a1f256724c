"""Downloads of bounded size and time."""

from __future__ import annotations

import time
from pathlib import Path

from hinterland.errors import FileFormatError

SECONDS_OF_SILENCE, MOST_SECONDS = 30, 3_600
MOST_BYTES = 2**31
"""Several times what the largest file has that is ever wanted here."""


def download(url: str, path: Path) -> None:
    """Save what is at an address, as long as it is neither larger nor slower than any file that is wanted here.

    Raises
    ------
    OSError
        Of the network (requests' errors are OSErrors) or of the disk.
    FileFormatError
        Where it goes on beyond ``MOST_BYTES`` or ``MOST_SECONDS``.
    """
    import requests  # half of what it takes to import the encoders, which mostly fetch nothing

    started = time.monotonic()
    n_bytes = 0
    with requests.get(url, stream=True, timeout=SECONDS_OF_SILENCE) as response, path.open("wb") as file:
        response.raise_for_status()
        for block in response.iter_content(2**16):
            n_bytes += len(block)
            if n_bytes > MOST_BYTES:
                raise FileFormatError(f"{url} is larger than {MOST_BYTES:,} bytes; nothing was saved")
            if time.monotonic() - started > MOST_SECONDS:
                raise FileFormatError(f"{url} took longer than {MOST_SECONDS:,} seconds; nothing was saved")
            file.write(block)
