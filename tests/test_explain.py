from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import torch
from sklearn.covariance import EllipticEnvelope
from sklearn.datasets import load_wine
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import hinterland.explain as explain_module
from hinterland import DAGMM, DeepMixture, TabularEncoder
from hinterland.densities.gaussian import GaussianMixture
from hinterland.detectors.base import Detector
from hinterland.explain import SMALLEST_DIFFERENCE, TOLERANCE, Contribution, explain, path_integral
from hinterland.model.composite import RECONSTRUCTION_FEATURES
from hinterland.model.energy_model import EnergyModel
from hinterland.model.path import EnergyAt, Path
from hinterland.model.scaling import InputScaling
from hinterland.networks.base import Encoding, Network


def small(**settings) -> DAGMM:
    defaults = {
        "hidden": (16, 8),
        "latent_dim": 2,
        "n_components": 2,
        "epochs": 1,
        "steps": 80,
        "batch_size": 64,
        "learning_rate": 1e-3,
        "random_state": 0,
    }
    return DAGMM(**{**defaults, **settings})


class Identity(Network):
    """Latent and reconstruction are the row itself."""

    def __init__(self, n_features: int) -> None:
        super().__init__()
        self.one = torch.nn.Parameter(torch.ones(()))

    def forward(self, x):
        return Encoding(x * self.one, x * self.one, x.new_zeros(()))


class GaussianDetector(Detector):
    """One Gaussian on the rows themselves: its energy is a quadratic form, known in closed form."""

    def __init__(self, clip=None, contamination=0.05, n_references=256, n_threads=1, device="cpu"):
        self.clip = clip
        self.contamination = contamination
        self.n_references = n_references
        self.n_threads = n_threads
        self.device = device
        self.random_state = 0

    def _check_parameters(self):
        pass

    def _train(self, rows, labels, seed, device):
        density = GaussianMixture(rows.shape[1], 1, hidden=(1,), covariance_floor=1e-12)
        scaling = InputScaling.from_rows(rows, "standard", self.clip)
        self.models_ = [EnergyModel(scaling, Identity(rows.shape[1]), density, ())]
        self.history_ = []
        self.models_[0].freeze(rows)


@pytest.fixture(scope="module")
def fitted(benign) -> DAGMM:
    return small().fit(benign[::2])


# --- what the contributions are ---------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("n_references", [0, 256])
def test_for_a_gaussian_on_the_rows_the_contributions_are_the_exact_path_integrals(benign, n_references):
    columns = benign[:, [0, 1, 4, 8]]
    detector = GaussianDetector(n_references=n_references).fit(columns[::2])
    result = explain(detector, columns[1::2], n_steps=2)
    mean, precision = columns[::2].mean(0), np.linalg.inv(np.cov(columns[::2].T, bias=True))
    reference = detector.references_[result.reference_index]
    halfway = (columns[1::2] + reference) / 2 - mean
    exact = (columns[1::2] - reference) * (halfway @ precision)
    np.testing.assert_allclose(result.contributions, exact, atol=1e-8)
    np.testing.assert_allclose(result.residual, 0, atol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("names", [(name,) for name in RECONSTRUCTION_FEATURES])
def test_contributions_and_residual_add_up_to_the_energy_above_the_reference(benign, names):
    detector = small(reconstruction_features=names).fit(benign[::2])
    rng = np.random.default_rng(0)
    rows = benign[1::2] + 6 * benign.std(0) * rng.standard_normal(benign[1::2].shape)
    result = explain(detector, rows)
    difference = result.energy - result.reference_energy
    np.testing.assert_array_equal(result.energy, detector.energy(rows))
    np.testing.assert_array_equal(
        result.reference_energy, detector.energy(detector.references_)[result.reference_index]
    )
    np.testing.assert_allclose(result.contributions.sum(1) + result.residual, difference, atol=1e-8)
    assert (np.abs(result.residual) <= np.maximum(0.01 * np.abs(difference), 1e-3)).all()
    assert np.median(np.abs(difference)) > 1  # else the line above says little


@pytest.mark.slow
def test_the_integral_of_satellite_rows_misses_less_than_a_hundredth(satellite):
    detector = small(clip=None).fit(satellite[:2000])
    result = explain(detector, satellite[2000:3000])
    difference = np.abs(result.energy - result.reference_energy)
    assert (np.abs(result.residual) <= np.maximum(0.01 * difference, 1e-3)).all()


@pytest.mark.slow
def test_each_column_agrees_with_a_fine_midpoint_rule(fitted, benign):
    rows = benign[1:20:2] * 1.5
    result = explain(fitted, rows)
    model, n = fitted.models_[0], 1000
    stop = model.scaling(torch.from_numpy(rows))
    start = model.scaling(torch.from_numpy(fitted.references_[result.reference_index]))
    # The scaling undone, the detector's own energy is a function of scaled rows.
    center, scale = model.scaling.center, model.scaling.scale
    total = torch.zeros_like(stop)
    for k in range(n):
        points = (start + (k + 0.5) / n * (stop - start)).requires_grad_()
        total += torch.autograd.grad(model.energy(center + points * scale).sum(), points)[0] / n
    expected = (total * (stop - start)).numpy()
    np.testing.assert_allclose(result.contributions, expected, atol=0.01 * np.abs(expected).max())


def between(energy, start, stop):
    return Path(start, stop, EnergyAt(energy(start)), EnergyAt(energy(stop)))


def test_a_stretch_where_the_energy_is_steep_is_halved():
    def steep(x):
        return torch.tanh(500 * (x[:, 0] - 0.3)) + x[:, 1] ** 2

    start, stop = torch.zeros(1, 2, dtype=torch.float64), torch.ones(1, 2, dtype=torch.float64)
    parts = path_integral(steep, between(steep, start, stop), 4, torch.tensor([3 * TOLERANCE]))
    np.testing.assert_allclose(parts.numpy(), [[2, 1]], atol=30 * TOLERANCE)


def test_a_jump_ends_in_a_residual_and_not_in_an_endless_search():
    start, stop = torch.zeros(3, 2, dtype=torch.float64), torch.ones(3, 2, dtype=torch.float64)

    def jump(x):
        return (x[:, 0] > 0.3).double() + x[:, 1]

    parts = path_integral(jump, between(jump, start, stop), 4, torch.full((3,), 1e-3))
    np.testing.assert_allclose(parts.numpy(), [[0, 1]] * 3, atol=1e-12)


@pytest.mark.slow
def test_a_planted_change_is_the_rows_top_column_in_nearly_all_rows(benign):
    rng = np.random.default_rng(0)
    training, rows = benign[::2], benign[1::2].copy()
    detector = small(reconstruction_features=("residual",), steps=500).fit(training)
    column = rng.integers(rows.shape[1], size=len(rows))
    rows[np.arange(len(rows)), column] += 8 * training.std(0)[column]
    top = [lines[0].column for lines in explain(detector, rows).top(1)]
    assert np.mean([name == f"x{j}" for name, j in zip(top, column, strict=True)]) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("view", ["row", "latent"])
def test_the_ensemble_of_the_default_detector_is_explained(benign, view):
    rng = np.random.default_rng(0)
    training, rows = benign[::2], benign[1::2].copy()
    detector = DeepMixture(2, view=view, hidden=(32,), steps=100, random_state=0).fit(training)
    column = rng.integers(rows.shape[1], size=len(rows))
    rows[np.arange(len(rows)), column] += 8 * training.std(0)[column]
    result = explain(detector, rows)
    difference = np.abs(result.energy - result.reference_energy)
    np.testing.assert_array_equal(result.energy, detector.energy(rows))
    assert (np.abs(result.residual) <= np.maximum(0.01 * difference, 1e-3)).all()
    assert np.mean(result.contributions.argmax(1) == column) > 0.9


def test_a_column_that_does_not_differ_from_the_reference_contributes_nothing(fitted):
    row = fitted.references_[:1].copy()
    same = explain(fitted, row)
    assert (same.contributions == 0).all()
    assert same.residual == pytest.approx(0, abs=1e-9)
    row[0, 3] *= 1.001
    changed = explain(fitted, row).contributions[0]
    assert changed[3] != 0
    assert (np.delete(changed, 3) == 0).all()


def test_the_reference_is_the_nearest_in_scaled_space(fitted, benign):
    scaling = fitted.models_[0].scaling
    scaled, references = (scaling(torch.from_numpy(x)).numpy() for x in (benign, fitted.references_))
    nearest = [int(np.argmin(np.square(references - row).sum(1))) for row in scaled]
    result = explain(fitted, benign)
    assert result.reference_index.tolist() == nearest
    np.testing.assert_array_equal(result.usual_values, fitted.references_[nearest])


@pytest.mark.slow
def test_far_beyond_the_clip_the_contribution_is_that_of_the_clip(benign):
    detector = small(clip=5.0).fit(benign)
    rows = np.repeat(np.median(benign, axis=0, keepdims=True), 2, axis=0)
    rows[:, 0] = [1e9, 1e12]
    result = explain(detector, rows)
    np.testing.assert_allclose(result.contributions[0], result.contributions[1], rtol=1e-9, atol=1e-12)
    assert np.abs(result.residual).max() <= 0.01 * np.abs(result.energy - result.reference_energy).min()


@pytest.mark.slow
def test_several_models_contribute_their_mean(benign):
    one, other = small(n_references=0).fit(benign), small(n_references=0, random_state=1).fit(benign)
    both = small(n_references=0).fit(benign)
    both.models_ = [one.models_[0], other.models_[0]]
    rows = benign[:20] * 1.1
    mean = (explain(one, rows).contributions + explain(other, rows).contributions) / 2
    np.testing.assert_allclose(explain(both, rows).contributions, mean, atol=2e-3 * np.abs(mean).max())
    np.testing.assert_allclose(explain(both, rows).energy, both.energy(rows))


@pytest.mark.slow
def test_what_models_may_miss_is_a_share_of_what_their_mean_climbs(benign, monkeypatch):
    both, other = small(n_references=0).fit(benign), small(n_references=0, random_state=1).fit(benign)
    both.models_ = [*both.models_, other.models_[0]]
    density = other.models_[0].density
    monkeypatch.setattr(density, "energy", lambda features: -GaussianMixture.energy(density, features))
    seen = []

    def watch(energy, path, n_steps, allowed):
        seen.append(allowed.numpy())
        return path_integral(energy, path, n_steps, allowed)

    monkeypatch.setattr(explain_module, "path_integral", watch)
    result = explain(both, benign[:20] * 1.1)
    climb = np.abs(result.energy - result.reference_energy)
    assert len(seen) == 2
    for allowed in seen:
        np.testing.assert_allclose(allowed, TOLERANCE * np.maximum(climb, SMALLEST_DIFFERENCE), rtol=1e-6)


def test_a_row_is_explained_alike_alone_and_in_company(fitted, benign, monkeypatch):
    whole = explain(fitted, benign).contributions
    monkeypatch.setattr(explain_module, "ENTRIES_AT_ONCE", 1)  # a row at a time
    alone = explain(fitted, benign[5:15]).contributions
    np.testing.assert_allclose(alone, whole[5:15], rtol=1e-6, atol=1e-6)


def test_rows_may_lie_in_memory_as_they_like(fitted, benign):
    expected = explain(fitted, benign[:6]).contributions
    fixed = benign[:6].copy()
    fixed.flags.writeable = False
    for rows in (np.asfortranarray(fixed), fixed, benign[5::-1][::-1], benign[:6].tolist()):
        np.testing.assert_allclose(explain(fitted, rows).contributions, expected, rtol=1e-6)


def test_it_leaves_no_trace_on_the_detector(fitted, benign):
    parameters = list(fitted.models_[0].parameters())
    for p in parameters:
        p.requires_grad_(p is not parameters[0])
    threads = torch.get_num_threads()
    with torch.no_grad():
        explain(fitted, benign[:5])
    assert [p.requires_grad for p in parameters] == [False] + [True] * (len(parameters) - 1)
    assert all(p.grad is None for p in parameters)
    assert torch.get_num_threads() == threads
    parameters[0].requires_grad_(True)


# --- behind an encoder ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Wine, with a column of categories made of its cultivars, and one that is dropped as an identifier."""
    wine = load_wine(as_frame=True)
    frame = wine.data[["alcohol", "ash", "hue", "proline"]].copy()
    frame.insert(
        1, "cultivar", wine.target.map({0: "barolo", 1: "grignolino", 2: "barbera"}).astype("string")
    )
    frame.insert(0, "bottle", [f"bottle {i}" for i in range(len(frame))])
    return frame


@pytest.fixture(scope="module")
def pipeline(table) -> Pipeline:
    with pytest.warns(UserWarning, match="identifier"):
        return make_pipeline(TabularEncoder(), small(reconstruction_features=("residual",))).fit(table)


@pytest.mark.slow
def test_encoded_columns_are_added_up_into_their_source(pipeline, table):
    table = table.assign(cultivar=pd.array(["merlot", *table["cultivar"][1:]], dtype="string"))
    result = explain(pipeline, table)
    encoder, detector = pipeline
    encoded = explain(detector, encoder.transform(table))
    assert np.count_nonzero(encoded.contributions[0, 1:4]) == 3  # an unseen one is apart from all three
    assert result.columns == list(table.columns)
    for j, name in enumerate(table.columns):
        own = [k for k, label in enumerate(encoder.get_feature_names_out()) if label.split("=")[0] == name]
        np.testing.assert_allclose(
            result.contributions[:, j], encoded.contributions[:, own].sum(1), atol=1e-10
        )
    assert (result.contributions[:, 0] == 0).all()  # the identifier that the encoder leaves out
    np.testing.assert_array_equal(result.energy, -pipeline.score_samples(table))


def test_a_category_that_was_never_seen_is_the_top_column_with_its_value_and_the_usual_one(pipeline, table):
    rows = table.assign(cultivar=pd.array(["merlot"] * len(table), dtype="string"))
    result = explain(pipeline, rows)
    top = [lines[0] for lines in result.top(1)]
    assert np.mean([line.column == "cultivar" for line in top]) > 0.95
    assert {line[2:] for line in top if line.column == "cultivar"} == {("merlot", "grignolino")}


def test_pandas_polars_arrow_and_reordered_columns_give_the_same(pipeline, table):
    expected = explain(pipeline, table)
    shuffled = table[table.columns[::-1]]
    for rows in (shuffled, pl.from_pandas(table), pa.Table.from_pandas(table, preserve_index=False)):
        found = explain(pipeline, rows)
        np.testing.assert_array_equal(found.contributions, expected.contributions)
        assert found.values.tolist() == expected.values.tolist() == table.to_numpy().tolist()


@pytest.mark.slow
def test_an_encoder_of_arrays_is_served_too(benign):
    columns = benign[:, :5]
    result = explain(make_pipeline(TabularEncoder(), small()).fit(columns), columns[:4])
    assert result.columns == ["x0", "x1", "x2", "x3", "x4"]
    assert result.values.tolist() == columns[:4].tolist()
    np.testing.assert_allclose(result.usual_values[0].astype(float), np.median(columns, axis=0))


# --- what is handed back ----------------------------------------------------------------------------


@pytest.mark.slow
def test_top_is_in_falling_order_and_names_the_columns(benign):
    frame = pd.DataFrame(benign[:, :4], columns=list("abcd"))
    detector = small().fit(frame)
    result = explain(detector, frame[:3])
    assert result.columns == list("abcd")
    for i, lines in enumerate(result.top(10)):
        assert [line.contribution for line in lines] == sorted(result.contributions[i], reverse=True)
        for line in lines:
            assert isinstance(line, Contribution)
            j = result.columns.index(line.column)
            assert line.value == frame.iloc[i, j]
            assert line.usual_value == detector.references_[result.reference_index[i], j]
    assert [len(lines) for lines in result.top(2)] == [2, 2, 2]


def test_the_frame_has_a_line_for_each_row_and_column(fitted, benign):
    result = explain(fitted, benign[:3])
    frame = result.to_frame()
    assert list(frame.columns) == ["row", "column", "contribution", "value", "usual_value"]
    wide = frame.pivot(index="row", columns="column", values="contribution")[result.columns]
    np.testing.assert_array_equal(wide.to_numpy(), result.contributions)
    best = result.to_frame(2)
    assert best["row"].tolist() == [0, 0, 1, 1, 2, 2]
    assert best["column"].tolist() == [line.column for lines in result.top(2) for line in lines]


# --- wrong input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [0, -1, 1.5, True])
def test_a_wrong_k_is_named(fitted, benign, k):
    result = explain(fitted, benign[:2])
    with pytest.raises(ValueError, match=r"k must be an integer of at least 1.*got"):
        result.top(k)
    with pytest.raises(ValueError, match=r"k must be an integer of at least 1.*got"):
        result.to_frame(k)


@pytest.mark.parametrize("n_steps", [0, 2.5, None])
def test_a_wrong_number_of_steps_is_named(fitted, benign, n_steps):
    with pytest.raises(ValueError, match="n_steps must be an integer of at least 1, got"):
        explain(fitted, benign, n_steps=n_steps)


@pytest.mark.parametrize(
    ("estimator", "found"),
    [
        (EllipticEnvelope(), "EllipticEnvelope"),
        (make_pipeline(StandardScaler(), DAGMM()), "a Pipeline of StandardScaler, DAGMM"),
        (
            make_pipeline(TabularEncoder(), EllipticEnvelope()),
            "a Pipeline of TabularEncoder, EllipticEnvelope",
        ),
    ],
)
def test_an_estimator_that_cannot_be_explained_is_refused(estimator, found, benign):
    with pytest.raises(TypeError, match=f"estimator must be a hinterland detector.*got {found}"):
        explain(estimator, benign)


@pytest.mark.parametrize("estimator", [DAGMM(), make_pipeline(TabularEncoder(), DAGMM())])
def test_an_unfitted_estimator_says_so(estimator, benign):
    with pytest.raises(NotFittedError):
        explain(estimator, benign)


def test_rows_that_cannot_be_scored_cannot_be_explained(fitted, benign, pipeline, table):
    with pytest.raises(ValueError, match="30 features"):
        explain(fitted, benign[:, :4])
    bad = benign[:5].copy()
    bad[3, 7] = np.nan
    with pytest.raises(ValueError, match=r"NaN in column 7 \(first rows: 3"):
        explain(fitted, bad)
    with pytest.raises(ValueError, match="minimum of 1 is required"):
        explain(fitted, benign[:0])
    with pytest.raises(ValueError, match="hue"):
        explain(pipeline, table.drop(columns="hue"))


def test_a_pipeline_that_passes_rows_on_is_the_detector_alone(fitted, benign):
    piped = Pipeline([("nothing", "passthrough"), ("detector", fitted)])
    np.testing.assert_array_equal(
        explain(piped, benign[:5]).contributions, explain(fitted, benign[:5]).contributions
    )


def test_energies_that_are_known_are_taken(fitted, benign):
    expected = explain(fitted, benign[:5])
    found = explain(fitted, benign[:5], energy=expected.energy)
    np.testing.assert_array_equal(found.contributions, expected.contributions)
    np.testing.assert_array_equal(found.residual, expected.residual)
    with pytest.raises(ValueError, match=r"a value for each of the 5 rows, got shape \(4,\)"):
        explain(fitted, benign[:5], energy=expected.energy[:4])


def test_it_shows_its_rows_in_words(fitted, benign):
    explanation = explain(fitted, benign[:12])
    (most,) = explanation.top(1)[0]
    html = explanation._repr_html_()
    assert repr(explanation).startswith(f"Explanation(12 rows by {benign.shape[1]} columns; energies ")
    assert f"{explanation.energy.max():.4g} nats" in repr(explanation)
    assert (
        f"{most.contribution:+.3g} {most.column} = {most.value:.4g}, usually {most.usual_value:.4g}" in html
    )
    assert (html.count("<tr>"), "and 2 more rows" in html) == (11, True)


def test_names_and_values_it_shows_are_text_and_no_markup(table):
    script = "<script>alert(1)</script>"
    named = table.rename(columns={table.columns[1]: script})
    model = make_pipeline(TabularEncoder(), small()).fit(named)
    html = explain(model, named[:3])._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_one_of_no_rows_shows_itself(fitted, benign):
    explanation = explain(fitted, benign[:1])
    none = {name: getattr(explanation, name)[:0] for name in ("contributions", "energy")}
    assert repr(replace(explanation, **none)) == f"Explanation(no rows, {benign.shape[1]} columns)"
