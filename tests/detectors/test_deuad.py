import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from hinterland import DEUAD, load
from hinterland.detectors.deuad import FewerClustersWarning
from hinterland.training.cluster_and_retrain import EmptySelectionWarning

SMALL = {
    "n_clusters": 6, "hidden": (8,), "latent_dim": 2, "r": 2, "epochs": 8, "steps": 200, "batch_size": 64,
    "n_references": 8, "random_state": 0,
}  # fmt: skip


def contaminated(n=400, n_anomalies=100, width=10, seed=0):
    """Rows near two planes, and a fifth of them anywhere: rows, and which are anomalies."""
    generator = np.random.default_rng(seed)
    planes = generator.normal(size=(2, 2, width))
    rows = np.concatenate([generator.normal(size=(n // 2, 2)) @ plane + 4 * plane[0] for plane in planes])
    rows = np.concatenate([rows, 6 * generator.uniform(-1, 1, size=(n_anomalies, width)) + rows.mean(0)])
    truth = np.arange(len(rows)) >= n
    order = generator.permutation(len(rows))
    return rows[order], truth[order]


@pytest.fixture(scope="module")
def table():
    return contaminated()


@pytest.fixture(scope="module")
def fitted(table):
    return DEUAD(**SMALL).fit(table[0])


@pytest.mark.slow
def test_the_energy_is_the_angle_between_row_and_reconstruction(fitted, table):
    import torch

    (model,) = fitted.models_
    rows = model.scaling(torch.from_numpy(table[0]))
    reconstruction = model.network(rows).reconstruction.detach()
    expected = torch.acos(torch.nn.functional.cosine_similarity(rows, reconstruction))
    np.testing.assert_allclose(fitted.energy(table[0]), expected.numpy(), rtol=1e-6, atol=1e-6)
    assert model.density is None
    assert fitted.transform(table[0]).shape == (500, 3)  # latent and angle
    np.testing.assert_array_equal(fitted.transform(table[0])[:, 2], fitted.energy(table[0]))


def test_it_leaves_anomalies_out_of_training_and_ranks_them_high(fitted, table):
    rows, truth = table
    assert roc_auc_score(truth, fitted.energy(rows)) > 0.9
    assert fitted.selected_[truth].mean() < 0.5 < fitted.selected_[~truth].mean()


def test_shares_of_the_rows_leave_out_no_more_rows_than_that(table):
    detector = DEUAD(**{**SMALL, "epochs": 2}, p0=0.3, p=0.3, percentile_over="rows").fit(table[0])
    assert 0.7 <= detector.selected_.mean() < 1
    with pytest.raises(ValueError, match="percentile_over must be one of"):
        DEUAD(percentile_over="samples").fit(table[0])


@pytest.mark.slow
def test_the_error_may_be_the_score(table):
    rows, truth = table
    detector = DEUAD(**SMALL, scoring="reconstruction").fit(rows)
    (model,) = detector.models_
    scaled = model.scaling(torch.from_numpy(rows))
    expected = (scaled - model.network(scaled).reconstruction).square().mean(1).detach().numpy()
    np.testing.assert_allclose(detector.energy(rows), expected, rtol=1e-9, atol=1e-9)
    assert roc_auc_score(truth, detector.energy(rows)) > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("name", ["k_means", "hdbscan", "distribution"])
@pytest.mark.filterwarnings("ignore::hinterland.training.cluster_and_retrain.EmptySelectionWarning")
def test_the_first_clustering_may_be_another(table, name):
    rows, truth = table
    detector = DEUAD(**SMALL, first_clustering=name).fit(rows)
    assert roc_auc_score(truth, detector.energy(rows)) > 0.8
    assert detector.history_[0]["clusters"] != detector.history_[-1]["clusters"] or name == "k_means"


@pytest.mark.slow
def test_options_reach_the_clusterings(table):
    with pytest.warns(EmptySelectionWarning):  # one cluster is never below its own percentile
        detector = DEUAD(**SMALL, clustering_options={"n_clusters": 1}).fit(table[0])
    assert {entry["clusters"] for entry in detector.history_} == {1.0}
    assert detector.selected_.all()


def test_history_tells_of_the_choices_and_how_it_ended(fitted, table):
    assert {"selected", "clusters", "clusters_kept", "jaccard"} <= set(fitted.history_[-1])
    assert fitted.history_[-1]["selected"] == fitted.selected_.mean()
    assert fitted.selected_.shape == (500,)
    assert isinstance(fitted.settled_, bool)
    limit = 8 * -(-200 // (8 * 8))  # epochs, and so many times more for 200 steps of 8 an epoch
    assert (fitted.history_[-1]["epoch"] == limit) != fitted.settled_


def test_a_saved_copy_scores_equally(fitted, table, tmp_path):
    fitted.save(tmp_path / "deuad.hinterland")
    copy = load(tmp_path / "deuad.hinterland")
    np.testing.assert_array_equal(copy.energy(table[0]), fitted.energy(table[0]))
    np.testing.assert_array_equal(copy.selected_, fitted.selected_)
    assert (copy.settled_, copy.history_) == (fitted.settled_, fitted.history_)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"p0": 0}, r"p0 must be a number in \(0, 1\), got 0"),
        ({"p0": 1.0}, r"p0 must be a number in \(0, 1\), got 1.0"),
        ({"p": -0.1}, r"p must be a number in \(0, 1\), got -0.1"),
        ({"p": 30}, r"p must be a number in \(0, 1\), got 30"),
        ({"clustering": "gausian_mixture"}, r"clustering must be one of \[.*did you mean 'gaussian_mixture'\?"),
        ({"first_clustering": "kmeans"}, r"first_clustering must be one of \[.*did you mean 'k_means'\?"),
        ({"clustering_options": {"ridg": 1}}, r"clustering_options must hold .*did you mean 'ridge'\?"),
        ({"first_clustering_options": {"ridge": 1}}, "first_clustering_options must be None where first_clustering is"),
        ({"scoring": "energy"}, r"scoring must be one of \['angle', 'reconstruction'\], got 'energy'"),
        ({"r": 0}, "r must be an integer of at least 1, got 0"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(table, settings, message):
    with pytest.raises(ValueError, match=message):
        DEUAD(**{**SMALL, **settings}).fit(table[0])


@pytest.mark.slow
@pytest.mark.parametrize(("n_rows", "n_clusters"), [(19, 3), (12, 2), (9, 1), (2, 1)])
@pytest.mark.filterwarnings("ignore::hinterland.training.cluster_and_retrain.EmptySelectionWarning")
def test_fewer_rows_than_clusters_are_put_into_fewer_and_it_says_so(table, n_rows, n_clusters):
    rows = table[0][:n_rows]
    message = (
        rf"{n_rows} rows are too few for n_clusters=20: they are put into {n_clusters}, so that.*_size=5 rows"
    )
    with pytest.warns(FewerClustersWarning, match=message):
        few = DEUAD(random_state=0, epochs=2, steps=4).fit(rows)
    assert np.isfinite(few.energy(rows)).all()
    told = DEUAD(random_state=0, epochs=2, steps=4, n_clusters=n_clusters).fit(rows)
    np.testing.assert_allclose(few.energy(rows), told.energy(rows), rtol=1e-12)


@pytest.mark.slow
def test_fewer_rows_than_an_option_names_are_put_into_fewer_too(table):
    with pytest.warns(FewerClustersWarning, match="500 rows are too few for n_clusters=501"):
        detector = DEUAD(**SMALL, clustering="k_means", clustering_options={"n_clusters": 501}).fit(table[0])
    assert detector.history_[0]["clusters"] <= 100


@pytest.mark.filterwarnings("ignore::hinterland.training.cluster_and_retrain.EmptySelectionWarning")
def test_as_many_rows_as_clusters_are_clustered_as_told(table, recwarn):
    DEUAD(random_state=0, epochs=2, steps=4).fit(table[0][:20])
    assert not [w for w in recwarn if w.category is FewerClustersWarning]


def test_training_is_short_by_default():
    """Anomalies among the rows that are kept are learnt with time; see docs/deuad-training.md."""
    detector = DEUAD()
    assert (detector.epochs, detector.r, detector.steps) == (40, 2, 500)
