import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import auc, average_precision_score, precision_recall_fscore_support, roc_auc_score

from hinterland.report import energies
from hinterland.report.energies import STOPS, Axis, curves, histogram, stops

FINITE = st.floats(-1e12, 1e12)


@given(st.lists(FINITE, min_size=1, max_size=60))
def test_the_axis_keeps_order_and_inverts(values: list[float]) -> None:
    energy = np.sort(np.array(values))
    axis = Axis(energy)
    places = axis.place(energy)
    assert np.isfinite(places).all()
    assert (np.diff(places) >= 0).all()
    np.testing.assert_allclose(
        axis.energy_at(places), energy, rtol=1e-6, atol=1e-6 * axis.unit + 1e-12 * np.abs(energy).max()
    )
    ticks = axis.ticks()
    assert len(ticks) <= 12
    assert ticks == sorted(ticks)
    slack = 1e-6 * max(1e-300, axis.high - axis.low)
    assert all(axis.low - slack <= tick <= axis.high + slack or tick == 0 for tick in ticks)


def test_the_axis_is_compressed_for_long_tails_only() -> None:
    generator = np.random.default_rng(0)
    assert not Axis(generator.normal(size=1000)).is_compressed
    assert Axis(np.append(generator.normal(size=1000), 1e6)).is_compressed


def test_round_ticks() -> None:
    assert Axis(np.linspace(0.3, 941, 100)).ticks() == [200.0, 400.0, 600.0, 800.0]
    assert Axis(np.array([-1.0, 1.0])).ticks() == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert Axis(np.array([4.0, 4.0])).ticks() == [4.0]


@given(st.lists(FINITE, min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_the_histogram_counts_every_row(values: list[float], random: object) -> None:
    energy = np.array(values)
    truth = np.arange(len(energy)) % 2
    found = histogram(energy, truth.astype(np.int8), Axis(energy))
    assert sum(found["rows"]) == len(energy)
    assert sum(found["anomalies"]) == truth.sum()
    assert len(found["edges"]) == len(found["rows"]) + 1
    assert (np.diff(found["edges"]) > 0).all()
    assert "anomalies" not in histogram(energy, None, Axis(energy))


def slow_counts(energy: np.ndarray, threshold: list[float]) -> list[int]:
    return [int((energy > at).sum()) for at in threshold]


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=40), st.integers(-7, 7))
def test_counts_at_stops_are_those_of_the_rows_above(values: list[int], own: int) -> None:
    energy = np.array(values, float)
    truth = (np.arange(len(energy)) % 3 - 1).astype(np.int8)
    found = stops(energy, truth, float(own))
    threshold = found["threshold"]
    assert threshold == sorted(set(threshold))
    assert set(energy) <= set(threshold)
    assert threshold[found["own"]] == own
    assert found["is_exhaustive"]
    assert found["flagged"] == slow_counts(energy, threshold)
    assert found["hits"] == slow_counts(energy[truth == 1], threshold)
    assert found["false_alarms"] == slow_counts(energy[truth == 0], threshold)
    assert [found["anomalies"], found["normal"]] == [(truth == 1).sum(), (truth == 0).sum()]
    assert max(found["flagged"]) == len(energy)
    assert "hits" not in stops(energy, None, 0.0)


def test_stops_of_many_rows_are_few_exact_and_finest_at_the_top() -> None:
    energy = np.random.default_rng(0).normal(size=30_000)
    found = stops(energy, None, 1.234)
    assert len(found["threshold"]) <= STOPS + 2
    assert not found["is_exhaustive"]
    assert found["flagged"] == slow_counts(energy, found["threshold"])
    assert set(np.sort(energy)[-500:]) <= set(found["threshold"])
    assert max(-np.diff(found["flagged"])) < 0.01 * len(energy)


def test_metrics_from_the_counts_are_scikit_learns() -> None:
    generator = np.random.default_rng(1)
    is_anomaly = generator.random(300) < 0.2
    energy = generator.normal(size=300) + is_anomaly
    found = stops(energy, is_anomaly.astype(np.int8), 0.7)
    at = found["own"]
    hits, flagged = found["hits"][at], found["flagged"][at]
    precision, recall, f1, _ = precision_recall_fscore_support(is_anomaly, energy > 0.7, average="binary")
    assert hits / flagged == pytest.approx(precision)
    assert hits / found["anomalies"] == pytest.approx(recall)
    assert 2 * hits / (flagged + found["anomalies"]) == pytest.approx(f1)


def test_curves_are_exact_in_area_and_thin(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(2)
    truth = (generator.random(20_000) < 0.1).astype(np.int8)
    energy = generator.normal(size=20_000) + truth
    truth[:100] = -1  # unlabelled
    found = curves(energy, truth)
    known = truth >= 0
    assert found["auroc"] == pytest.approx(roc_auc_score(truth[known], energy[known]))
    assert found["average_precision"] == pytest.approx(average_precision_score(truth[known], energy[known]))
    assert found["base_rate"] == pytest.approx(truth[known].mean())
    for name in ("roc", "pr"):
        x, y = found[name]
        assert len(x) <= energies.CURVE_POINTS + 2
        assert (np.diff(x) >= 0).all()
        assert x[-1] == 1
        assert 0 <= min(y) <= max(y) <= 1
    assert auc(*found["roc"]) == pytest.approx(found["auroc"], abs=2e-3)
    assert auc(*found["pr"]) == pytest.approx(found["average_precision"], abs=5e-3)


def test_small_curves_keep_every_point() -> None:
    found = curves(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0, 1, 0, 1], np.int8))
    assert found["pr"] == [[0.5, 0.5, 1.0, 1.0], [1.0, 0.5, 2 / 3, 0.5]]
