"""What every detector has of updates: the method, and what an update must know of a kind of detector."""

from __future__ import annotations

from typing import Any, Self


class Updatable:
    """Base of ``Detector`` that takes new rows in without another fit.

    Attributes
    ----------
    counted_ : dict; ``mixtures``, how many rows count in each mixture, and after an update ``energies``, how many the
        energies that the threshold is learnt from stand for.
    """

    counted_: dict[str, Any]

    def update(self, X: Any, *, forget: float = 0.0) -> Self:
        """Add rows X to what was fitted, without training a network again (docs/updates.md).

        Where the energy is a Gaussian mixture's on what a network gives, as in ``DAGMM``, ``CADGMM`` and
        ``DeepMixture``, the sums of the new rows are added to those of the rows before. Where it is not, a detector
        that was calibrated on rows set aside keeps its model, and the new rows are added to the calibration. Either
        way the threshold follows, by the rule that it was set by; one that was set by hand stays. Of the new rows of a
        calibrated detector with mixtures one in five is set aside for the calibration.

        Parameters
        ----------
        X : rows (n, d), like those of the fit: normal but for a few.
        forget : share of the rows before that is forgotten, in [0, 1]. With 0 all rows count alike, however old; with
            more, what is normal may change.

        Raises
        ------
        NotFittedError, ValueError
            Before a fit; for rows of other columns, or a share out of its range.
        CannotUpdateError
            Where there is nothing that rows could be added to; the message says why.

        Examples
        --------
        >>> from sklearn.datasets import load_breast_cancer
        >>> from hinterland import DAGMM
        >>> X, y = load_breast_cancer(return_X_y=True)
        >>> benign = X[y == 1]
        >>> detector = DAGMM(epochs=2, steps=20, random_state=0).fit(benign[:200])
        >>> round(sum(detector.update(benign[200:]).counted_["mixtures"]))
        357
        """
        from hinterland.detectors.update import update_detector

        update_detector(self, X, forget)  # type: ignore[arg-type]  # a Detector
        return self

    def parts_left_out(self) -> int:
        """Into how many parts rows are dealt of which each member leaves one out; 0 where none does."""
        return 0

    def memberships_by_network(self) -> bool:
        """Whether a row's memberships are an estimation network's, and not the stored mixture's."""
        return False
