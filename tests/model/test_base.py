"""Models of other kinds than a reconstruction: what a detector, an explanation, a file and an ensemble ask of one."""

import numpy as np
import pytest
import torch
from torch import nn

import hinterland
from hinterland.densities.gaussian import GaussianMixture
from hinterland.detectors import ContrastiveScorer, PositiveUnlabelled
from hinterland.detectors.base import Detector
from hinterland.explain import explain
from hinterland.model.base import MODELS, Model
from hinterland.model.ensemble import Ensemble
from hinterland.model.scaling import InputScaling
from hinterland.networks.layers import layers
from hinterland.persistence import classes as class_names
from hinterland.persistence import describe


class Distance(Model):
    """Distance to the nearest of some kept rows: no network, no density, nothing that is trained."""

    def __init__(self, scaling: InputScaling, n_rows: int) -> None:
        super().__init__()
        self.scaling, self.n_rows = scaling, n_rows
        self.n_features = len(scaling.center)
        self.register_buffer("kept", torch.zeros(n_rows, self.n_features, dtype=torch.float64))

    def scaled(self, x):
        return self.scaling(x)

    def energy_of_scaled(self, scaled):
        exact = "donot_use_mm_for_euclid_dist"
        return torch.cdist(scaled, self.kept, compute_mode=exact).min(1).values


class Direct(Model):
    """One network from a row to its score, as in DROCC; its features are the last hidden layer's."""

    def __init__(self, scaling: InputScaling, hidden: int, generator: torch.Generator | None = None) -> None:
        super().__init__()
        self.scaling, self.hidden = scaling, hidden
        self.n_features = len(scaling.center)
        *body, self.last = layers([self.n_features, hidden, 1], "tanh", generator)
        self.body = nn.Sequential(*body)

    @property
    def features_width(self):
        return self.hidden

    def scaled(self, x):
        return self.scaling(x).to(self.last.weight.dtype)

    def features_of_scaled(self, scaled):
        return self.body(scaled)

    def energy_of_scaled(self, scaled):
        return self.last(self.body(scaled))[:, 0].square()


class OnRow(Model):
    """A density on the scaled row itself."""

    def __init__(self, scaling: InputScaling, density: GaussianMixture) -> None:
        super().__init__()
        self.scaling, self.density = scaling, density
        self.n_features = density.n_features

    def scaled(self, x):
        return self.scaling(x)

    def energy_of_scaled(self, scaled):
        return self.density.energy(scaled)


KINDS = (Distance, Direct, OnRow)


def model_of(kind: type[Model], rows: np.ndarray) -> Model:
    scaling = InputScaling.from_rows(rows, "standard", 10.0)
    if kind is Distance:
        model = Distance(scaling, 20)
        model.kept = scaling(torch.from_numpy(rows[:20]))
    elif kind is Direct:
        model = Direct(scaling, 4, torch.Generator().manual_seed(0))
    else:
        model = OnRow(scaling, GaussianMixture(rows.shape[1], 1, hidden=None))
        scaled = model.scaled(torch.from_numpy(rows))
        model.density.estimate(lambda: [(scaled, torch.ones(len(rows), 1).double())])
    model.ready_to_score()
    return model


class Fixed(Detector):
    """A detector of models of the kinds that are named."""

    def __init__(
        self,
        kinds=("Distance",),
        weights=None,
        contamination=0.05,
        n_references=8,
        n_threads=1,
        device="cpu",
        random_state=0,
    ):
        self.kinds = kinds
        self.weights = weights
        self.contamination = contamination
        self.n_references = n_references
        self.n_threads = n_threads
        self.device = device
        self.random_state = random_state

    def _train(self, rows, labels, seed, device):
        models = [model_of(kind, rows) for kind in KINDS if kind.__name__ in self.kinds]
        self.model_ = models[0] if len(models) == 1 else Ensemble(models, self.weights)
        self.history_ = []


ONE = [(kind.__name__,) for kind in KINDS]
SEVERAL = [("Distance", "Direct", "OnRow")]


@pytest.fixture(autouse=True)
def shelves(monkeypatch):
    """The kinds of this file on the shelf, for its tests alone; and its detector among those that a file may name."""
    monkeypatch.setattr(MODELS, "_members", dict(MODELS.members()))
    for kind in KINDS:
        MODELS.add(kind.__name__, kind)
    classes = class_names.classes
    own = {"detector": {"Fixed": Fixed}}
    monkeypatch.setattr(class_names, "classes", lambda kind: {**classes(kind), **own.get(kind, {})})


@pytest.fixture(scope="module")
def rows(benign) -> np.ndarray:
    return benign[:120, :4]


@pytest.mark.parametrize("kinds", ONE + SEVERAL)
def test_a_detector_scores_with_models_of_any_kinds(kinds, rows):
    detector = Fixed(kinds).fit(rows)
    energy = detector.energy(rows)
    expected = np.mean([m.energy(torch.from_numpy(rows)).detach().numpy() for m in detector.models_], axis=0)
    np.testing.assert_allclose(energy, expected, rtol=1e-12)
    assert detector.transform(rows).shape == (len(rows), detector.model_.features_width)
    np.testing.assert_allclose(np.concatenate([detector.energy(row[None]) for row in rows[:5]]), energy[:5])


@pytest.mark.parametrize("kinds", ONE + SEVERAL)
def test_explanations_add_up_to_the_energy(kinds, rows):
    detector = Fixed(kinds, None if len(kinds) == 1 else [2.0, 0.5, 1.0]).fit(rows)
    far = rows[:10] + 5 * rows.std(0) * [1, 0, 0, 0]
    result = explain(detector, far)
    total = result.contributions.sum(1) + result.residual
    np.testing.assert_allclose(total, result.energy - result.reference_energy, atol=1e-9)
    assert (np.abs(result.residual) < 0.02 * np.abs(result.energy - result.reference_energy) + 0.02).all()


@pytest.mark.parametrize("weights", [None, [2.0, 0.5, 1.0]])
@pytest.mark.parametrize("kinds", ONE + SEVERAL)
def test_files_hold_models_of_any_kinds(kinds, weights, rows, tmp_path):
    detector = Fixed(kinds, weights if len(kinds) > 1 else None).fit(rows)
    detector.save(tmp_path / "m")
    loaded = hinterland.load(tmp_path / "m")
    assert [type(model) for model in loaded.models_] == [type(model) for model in detector.models_]
    np.testing.assert_array_equal(loaded.energy(rows), detector.energy(rows))
    described = describe(tmp_path / "m")["fitted"]["models_"]
    names = list(kinds) if weights is None or len(kinds) == 1 else ["Ensemble"]
    assert [model["class"] for model in described] == names


def test_a_kind_that_is_on_no_shelf_cannot_be_saved(rows, tmp_path, monkeypatch):
    detector = Fixed(("Distance",)).fit(rows)
    monkeypatch.setattr(MODELS, "_members", {})
    with pytest.raises(TypeError, match="model_ is a Distance, which cannot be saved: it is on no shelf"):
        detector.save(tmp_path / "m")


@pytest.mark.parametrize("kinds", ONE)
def test_other_densities_and_heads_go_on_the_features_of_any_kind(kinds, rows, tmp_path):
    known = np.arange(len(rows)) % 3 == 0
    scorer = ContrastiveScorer(Fixed(kinds), contrastive_steps=5, random_state=0).fit(rows)
    learner = PositiveUnlabelled(Fixed(kinds), steps=5, random_state=0).fit(rows, is_normal=known)
    for detector in (scorer, learner):
        energy = detector.energy(rows)
        assert np.isfinite(energy).all()
        assert np.ptp(energy) > 0
        explain(detector, rows[:2])
        detector.save(tmp_path / "m")
        np.testing.assert_array_equal(hinterland.load(tmp_path / "m").energy(rows), energy)


def test_without_tensors_a_model_is_on_the_processor():
    assert Model().device == torch.device("cpu")


def test_the_contract_has_no_body(rows):
    x = torch.from_numpy(rows)
    for method in ("scaled", "energy_of_scaled"):
        with pytest.raises(NotImplementedError):
            getattr(Model(), method)(x)


def test_training_rows_are_scaled_in_single_precision(rows):
    model = model_of(Direct, rows)
    scaled = model.scaled_rows(rows)
    assert scaled.dtype == torch.float32
    torch.testing.assert_close(scaled, model.scaling(torch.from_numpy(rows)).float())
