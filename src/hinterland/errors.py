"""The errors, and one warning, that a caller may want to catch by name; all others are plain ValueErrors or TypeErrors.

Those about files say what is in them, which may be anything: their messages have no control characters, and an end.
"""

from hinterland.printable import printable


class HinterlandError(Exception):
    """Base of the errors that hinterland raises under its own name."""


class DataNotFoundError(HinterlandError, FileNotFoundError):
    """A data set is neither in ``HINTERLAND_DATA`` nor in the cache, and could not be downloaded."""


class FileFormatError(HinterlandError, ValueError):
    """A file is not what it should be: truncated, foreign, tampered with or from a newer version."""

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(str(message)))


class TableError(HinterlandError, ValueError):
    """A table does not fit what was asked of it: its columns, their types or some of its rows."""

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(str(message)))


class CannotUpdateError(HinterlandError, ValueError):
    """A fitted model has nothing that new rows could be added to without another fit."""


class ExportError(HinterlandError, ValueError):
    """A model, or a part of it, that cannot be written as an ONNX file; the message says which."""

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(str(message)))


class MissingExtraError(HinterlandError, ImportError):
    """A feature needs an optional dependency that is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed; "
            f"install it with: pip install 'hinterland[{extra}]'"
        )


class BrokenMemberError(HinterlandError, ImportError):
    """A module of hinterland's own, in which it looks for members of a kind, cannot be imported."""

    def __init__(self, module: str, error: BaseException) -> None:
        super().__init__(
            f"the module {module} cannot be imported: {type(error).__name__}: {printable(str(error))}"
        )


class FormerNameWarning(FutureWarning):
    """A parameter is given by a name that it no longer has."""
