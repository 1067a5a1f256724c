"""scikit-learn's checks of estimators, for every detector at its default parameters and with its whole training.

The tests run the same checks with trainings of a few steps. ``--detector`` picks some: the slowest take minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from unittest import SkipTest

import torch
from sklearn.utils.estimator_checks import estimator_checks_generator

from hinterland.detectors import catalogue


def main() -> None:
    names = [name for name in catalogue.detectors() if not catalogue.detector_class(name).needs_labels]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--detector", nargs="+", choices=names, default=names)
    chosen = parser.parse_args().detector
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    n_failed = 0
    for name in chosen:
        started, held, skipped, failed = time.perf_counter(), 0, 0, []
        for estimator, check in estimator_checks_generator(catalogue.detector_class(name)()):
            try:
                check(estimator)
                held += 1
            except SkipTest:
                skipped += 1
            except Exception as error:
                failed.append(f"{check.func.__name__}: {error!r}")
        print(
            f"{name}: {held} checks hold, {skipped} skipped, {len(failed)} fail; {time.perf_counter() - started:.0f} s",
            *failed,
            sep="\n  ",
            flush=True,
        )
        n_failed += len(failed)
    sys.exit(1 if n_failed else 0)


if __name__ == "__main__":
    main()
