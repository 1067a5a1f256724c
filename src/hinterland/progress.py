"""Progress of what takes long, as a bar: in a terminal, and in a notebook that has ``ipywidgets``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["training_progress"]


@contextmanager
def bars(*columns: str, shown: bool = True) -> Iterator[Progress]:
    """Show bars on stderr, with a description, and with further fields of each task behind it."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    parts = [TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()]
    parts += [TextColumn(f"{{task.fields[{name}]}}") for name in columns]
    with Progress(*parts, console=Console(stderr=True), disable=not shown) as progress:
        yield progress


@contextmanager
def training_progress(estimator: Any, description: str = "", *, shown: bool = True) -> Iterator[None]:
    """Show the epochs and the loss of a detector that is fitted inside the block.

    Parameters
    ----------
    estimator : detector, or Pipeline that ends in one.
    description : what the bar is called; the detector's class where nothing is said.
    shown : False shows nothing.

    Notes
    -----
    The detector's ``on_epoch`` is called as well, and is again what it was after the block. Nothing else in the library
    prints while it trains: the logger ``hinterland`` has a line a fit, at the level INFO.

    Examples
    --------
    >>> from hinterland import DAGMM
    >>> from hinterland.progress import training_progress
    >>> detector = DAGMM(epochs=2, steps=20, random_state=0)
    >>> with training_progress(detector, shown=False):
    ...     _ = detector.fit([[0.0, 1.0], [1.0, 0.5], [0.2, 0.1]] * 10)
    """
    detector = estimator.steps[-1][1] if hasattr(estimator, "named_steps") else estimator
    parameters = detector.get_params()
    n_members, before = parameters.get("n_members", 1), parameters["on_epoch"]
    with bars("state", shown=shown) as progress:
        task = progress.add_task(
            description or f"Training {type(detector).__name__}",
            total=n_members if n_members > 1 else None,
            state="",
        )

        def on_epoch(entry: dict[str, float]) -> None:
            member = int(entry.get("member", 0))
            which = f"model {member + 1} of {n_members}, " if n_members > 1 else ""
            loss = entry.get("validation_loss", entry["loss"])
            state = f"{which}epoch {entry['epoch']:.0f}, loss {loss:.4g}"
            progress.update(task, completed=member, state=state)
            if before is not None:
                before(entry)

        detector.set_params(on_epoch=on_epoch)
        try:
            yield
            progress.update(task, total=n_members, completed=n_members)
        finally:
            detector.set_params(on_epoch=before)
