"""Whether downloads are forbidden: the environment variable ``HINTERLAND_OFFLINE``."""

import os


def is_offline() -> bool:
    """Whether ``HINTERLAND_OFFLINE`` is set, to anything but 0."""
    return os.environ.get("HINTERLAND_OFFLINE", "0") not in ("", "0")
