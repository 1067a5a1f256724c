"""Protocols that read the runs of another."""

import numpy as np
import pytest

from hinterland.benchmark.experiments.protocols import protocol, protocols
from hinterland.benchmark.runs.grid import grid

READERS = [p for p in protocols().values() if p.run_of]


@pytest.mark.parametrize("reader", READERS, ids=lambda p: p.key)
def test_the_runs_that_are_read_again_are_the_same_runs(reader):
    base = protocol(reader.run_of)
    assert not base.run_of
    assert (reader.load, reader.split, reader.scaling) == (base.load, base.split, base.scaling)
    assert reader.subsets() == base.subsets()
    assert set(reader.judgements) <= set(base.judgements)


def test_one_job_serves_all_protocols_that_read_its_run():
    jobs = grid(["cadgmm-kdd99", "variants-pooled", "cance-kddcup99"], ["IF"], range(2))
    assert [(job.protocol, job.seed) for job in jobs] == [("cadgmm-kdd99", 0), ("cadgmm-kdd99", 1)]


@pytest.mark.parametrize("name", ["abalone", "thyroid"])
def test_tables_of_cance_are_also_tested_one_class(name, numbered_rows):
    chosen = protocol(f"cance-{name}-one-class")
    sides, other = (chosen.split(numbered_rows, "", seed) for seed in (0, 1))
    assert not numbered_rows.is_anomaly[sides.train].any()
    assert len(sides.train) == 240
    np.testing.assert_array_equal(sides.tests["test"], np.setdiff1d(np.arange(600), sides.train))
    assert not np.array_equal(sides.train, other.train)
    assert chosen.judgements[0].share is None
