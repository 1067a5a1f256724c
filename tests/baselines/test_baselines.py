"""The contract of every baseline: learns, scores, and gives planted anomalies more energy."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import norm

from hinterland.baselines import Baseline, baselines, scikit_learn
from hinterland.baselines.pictures import OnPictures
from hinterland.benchmark.experiments.methods import methods
from hinterland.errors import MissingExtraError
from hinterland.metrics import auroc

pytestmark = pytest.mark.slow

NAMES = [name for name, make in baselines().items() if not issubclass(make, OnPictures)]
"""Those on rows of pixels have theirs in ``test_pictures``."""
SHORT = {
    "DeepSVDD": {"epochs": 20},
    "VAE": {"epoch_num": 30},
    "LUNAR": {"n_epochs": 50},
    "AnoGAN": {"steps": 300, "learning_rate": 1e-3, "search_steps": 50, "search_rate": 0.05},
    "ALAD": {"steps": 300, "learning_rate": 1e-3, "average_decay": 0.9},
    "GOAD": {"steps": 400, "n_transformations": 16, "learning_rate": 0.003},
    "DeepSAD": {"encoder_steps": 100, "steps": 200},
    "NeuTraL": {"epochs": 10},
    "ICL": {"epochs": 10},
    "DIF": {"n_ensemble": 10},
    "DIF (PyOD)": {"n_ensemble": 10},
    "AutoEncoder": {"epoch_num": 20},
    "SLAD": {"epochs": 5, "n_slad_ensemble": 5},
    "OC-NN": {"encoder_steps": 30, "steps": 30},
    "DSEBM-r": {"hidden": (32,), "steps": 300, "learning_rate": 0.01},
    "DSEBM-e": {"hidden": (32,), "steps": 300, "learning_rate": 0.01},
}
COMPANY_COUNTS = {"ECOD", "COPOD"}  # transductive, and say so
OF_OTHER_ROWS = {
    "Distribution clustering",
    "OC-NN",
}  # of many columns, or of one sign: tested with their modules


@pytest.fixture(scope="module")
def planted():
    """Correlated columns; anomalies break the correlation and lie further out. Scaled by the training rows."""
    generator = np.random.default_rng(0)
    mixing = generator.normal(size=(2, 6))

    def normal(n):
        return generator.normal(size=(n, 2)) @ mixing + 0.3 * generator.normal(size=(n, 6))

    train, usual = normal(400), normal(200)
    odd = 2.5 * generator.choice([-1.0, 1.0], size=(40, 6)) * np.abs(mixing).sum(0)
    mean, deviation = train.mean(0), train.std(0)
    test = (np.concatenate([usual, odd]) - mean) / deviation
    return (train - mean) / deviation, test, np.arange(240) >= 200


def labels(name: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Training rows, with a few known anomalies where the method needs them."""
    if not baselines()[name].needs_known_anomalies:
        return rows, None
    known = 4 * np.random.default_rng(1).choice([-1.0, 1.0], size=(10, rows.shape[1]))
    return np.concatenate([rows, known]), np.repeat([0, -1], [len(rows), 10])


@pytest.fixture(scope="module")
def fitted(planted):
    kept: dict[str, Baseline] = {}

    def fit(name: str) -> Baseline:
        if not baselines()[name].is_installed():
            pytest.skip(f"{baselines()[name].library} is not installed")
        if name not in kept:
            import torch

            torch.manual_seed(0)
            np.random.seed(0)  # noqa: NPY002 - some libraries draw from it
            rows, y = labels(name, planted[0])
            kept[name] = baselines()[name](random_state=0, **SHORT.get(name, {})).fit(rows, y)
        return kept[name]

    return fit


def test_the_baselines_that_papers_and_the_project_ask_for_are_there():
    wanted = {
        "OC-SVM", "OC-SVM (best AUROC search)", "IF", "GMM", "KDE", "5-NN", "5-NN (fifth)", "1-NN", "LOF", "PCA",
        "ECOD", "COPOD", "AnoGAN", "ALAD", "DeepSVDD", "VAE", "LUNAR", "GOAD", "DeepSAD", "NeuTraL", "ICL", "DIF",
        "SLAD", "AutoEncoder", "DIF (PyOD)", "DSEBM-r", "DSEBM-e", "OC-NN",
        "Distribution clustering",
    }  # fmt: skip
    assert set(NAMES) == wanted
    assert wanted <= methods().keys()


@pytest.mark.parametrize("name", NAMES)
def test_planted_anomalies_have_more_energy(name, fitted, planted):
    _, test, is_anomaly = planted
    energy = fitted(name).energy(test)
    assert energy.shape == (len(test),)
    assert energy.dtype == np.float64
    assert np.isfinite(energy).all()
    if name not in OF_OTHER_ROWS:
        assert auroc(is_anomaly, energy) > 0.85, "chance, or the wrong sign"


@pytest.mark.parametrize("name", [n for n in NAMES if n not in COMPANY_COUNTS])
def test_a_row_scores_the_same_alone_and_in_company(name, fitted, planted):
    baseline, test = fitted(name), planted[1]
    whole = baseline.energy(test)
    some = [0, 3, 230]
    alone = np.concatenate([baseline.energy(test[i : i + 1]) for i in some])
    np.testing.assert_allclose(alone, whole[some], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(baseline.energy(test[::-1])[::-1], whole, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", sorted(COMPANY_COUNTS))
def test_where_company_counts_the_footnote_says_so(name, fitted, planted):
    assert "Transductive" in baselines()[name].footnote
    test = planted[1]
    assert not np.allclose(fitted(name).energy(test[200:]), fitted(name).energy(test)[200:])


def test_the_vae_scores_the_same_again(fitted, planted):
    np.testing.assert_array_equal(fitted("VAE").energy(planted[1]), fitted("VAE").energy(planted[1]))


@pytest.mark.parametrize(
    "name", ["IF", "GMM", "OC-SVM", "KDE", "LUNAR", "DeepSVDD", "AutoEncoder", "DIF (PyOD)", "DeepSAD", "ICL"]
)
def test_the_same_seed_gives_the_same_energies(name, fitted, planted):
    first = fitted(name).energy(planted[1][:20])
    import torch

    torch.manual_seed(0)
    np.random.seed(0)  # noqa: NPY002
    rows, y = labels(name, planted[0])
    second = baselines()[name](random_state=0, **SHORT.get(name, {})).fit(rows, y).energy(planted[1][:20])
    np.testing.assert_allclose(first, second, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_library_is_said_with_the_way_to_get_it(name, monkeypatch):
    monkeypatch.setattr("hinterland.baselines.base.find_spec", lambda _: None)
    baseline = baselines()[name](random_state=0)
    with pytest.raises(
        MissingExtraError, match=f"the baseline .* needs the package '{baseline.library}'.*pip install"
    ):
        baseline.fit(np.zeros((5, 2)))


def test_listing_the_baselines_imports_no_optional_library():
    code = (
        "import sys, hinterland.baselines as b; b.baselines(); print({'pyod', 'deepod'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_methods_whose_cost_grows_with_the_square_learn_from_a_sample():
    rows = np.random.default_rng(0).normal(size=(300, 3))
    baseline = baselines()["1-NN"](random_state=0, max_rows=50).fit(rows)
    assert (baseline.energy(rows) == 0).sum() == 50
    again = baselines()["1-NN"](random_state=0, max_rows=50).fit(rows)
    np.testing.assert_array_equal(baseline.energy(rows), again.energy(rows))


def test_neighbours_distances_are_the_first_the_fifth_and_the_mean_of_five():
    rows, new = np.random.default_rng(0).normal(size=(2, 60, 3))
    distances = np.sort(np.linalg.norm(new[:, None] - rows, axis=2), axis=1)
    for name, expected in {
        "1-NN": distances[:, 0],
        "5-NN (fifth)": distances[:, 4],
        "5-NN": distances[:, :5].mean(1),
    }.items():
        found = baselines()[name](random_state=0).fit(rows).energy(new)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_kernel_density_is_the_mean_of_gaussians_on_whitened_rows():
    from sklearn.decomposition import PCA

    generator = np.random.default_rng(0)
    rows, new = generator.normal(size=(2, 80, 5)) @ generator.normal(size=(5, 5))
    whitening = PCA(0.99, whiten=True).fit(rows)
    kept, width = whitening.transform(rows), 80 ** (-1 / (whitening.n_components_ + 4))
    new = np.concatenate([new, 5 * new])
    expected = [
        -np.log(np.mean(np.prod(norm.pdf(row, kept, width), axis=1))) for row in whitening.transform(new)
    ]
    np.testing.assert_allclose(baselines()["KDE"](random_state=0).fit(rows).energy(new), expected, rtol=1e-9)


def test_a_tree_of_scikit_learn_still_loses_densities_far_off():
    """Which is why the baseline does without; one leaf, where it sums over all rows, has them."""
    from sklearn.neighbors import KernelDensity

    generator = np.random.default_rng(0)
    rows, far = generator.normal(size=(600, 40)), 2 * generator.normal(size=(20, 40))
    tree, leaf = (
        KernelDensity(bandwidth="scott", leaf_size=size).fit(rows).score_samples(far) for size in (40, 1000)
    )
    assert np.abs(tree - leaf).max() > 10


class TestFaultsOfLibraries:
    """What the footnotes say of a library is still so; where it is no longer, the footnote has to go."""

    @pytest.fixture(autouse=True)
    def _installed(self):
        pytest.importorskip("pyod")

    def test_the_default_vae_has_no_divergence_in_its_loss(self):
        import torch
        from pyod.models.vae import VAE, vae_loss

        x, mean = torch.zeros(4, 3), torch.full((4, 2), 5.0)
        default = inspect.signature(VAE).parameters["capacity"].default
        assert vae_loss(x, x, mean, torch.zeros(4, 2), capacity=default) == 0
        assert vae_loss(x, x, mean, torch.zeros(4, 2), capacity=float("inf")) == pytest.approx(25.0)

    def test_ours_scores_by_the_evidence_bound(self, fitted, planted):
        import torch
        from torch.distributions import Independent, Normal, kl_divergence

        scorer, rows = fitted("VAE"), planted[1][:3]
        model = scorer.detector_.model.eval()
        x = torch.from_numpy(rows.astype(np.float32))
        with torch.no_grad():
            mean, log_variance = model.encode(x)
            posterior = Independent(Normal(mean, torch.exp(log_variance / 2)), 1)
            torch.manual_seed(0)
            latents = posterior.sample((20_000,))
            fits = (
                Independent(Normal(model.decode(latents), 1.0), 1).log_prob(x)
                - Normal(0, 1).log_prob(torch.tensor(0.0)) * x.shape[1]
            )
            prior = Independent(Normal(torch.zeros_like(mean), 1.0), 1)
            bound = fits.mean(0) - kl_divergence(posterior, prior)
        np.testing.assert_allclose(scorer.energy(rows), -bound.numpy(), rtol=0.15)
        np.testing.assert_allclose(scorer.energy(rows)[:1], scorer.energy(rows[:1]), rtol=1e-5)

    def test_ours_has_it(self, fitted):
        assert fitted("VAE").detector_.capacity == float("inf")

    @pytest.mark.parametrize("name", ["DIF", "DIF (PyOD)"])
    def test_dif_of_the_library_scores_a_row_by_its_company_and_ours_does_not(self, name, fitted, planted):
        library, test = fitted(name).detector_, planted[1]
        assert not np.allclose(library.decision_function(test)[:5], library.decision_function(test[:5]))
        np.testing.assert_allclose(fitted(name).energy(test)[:5], fitted(name).energy(test[:5]), rtol=1e-6)

    def test_neutral_has_nothing_to_learn_from_columns_without_correlation(self):
        pytest.importorskip("deepod")
        generator = np.random.default_rng(0)
        train = generator.normal(size=(400, 6))
        shift = 3 * np.array([1, -1, 1, -1, 1, -1])
        test = np.concatenate([generator.normal(size=(200, 6)), generator.normal(size=(40, 6)) + shift])
        energy = baselines()["NeuTraL"](random_state=0, epochs=30).fit(train).energy(test)
        assert auroc(np.arange(240) >= 200, energy) < 0.6
        easy = baselines()["IF"](random_state=0).fit(train).energy(test)
        assert auroc(np.arange(240) >= 200, easy) > 0.95


@pytest.mark.parametrize("gamma", ["scale", "auto", 0.3])
def test_the_support_vector_machine_scores_as_scikit_learn_does(gamma, monkeypatch):
    monkeypatch.setattr(scikit_learn, "KERNEL_ENTRIES", 100)  # many parts, of which some are of one row
    rows = np.random.default_rng(0).normal(size=(60, 3)) * [1, 2, 5]
    scorer = baselines()["OC-SVM"](random_state=0, gamma=gamma, max_rows=40).fit(rows)
    np.testing.assert_allclose(scorer.energy(rows), -scorer.estimator_.score_samples(rows), rtol=1e-9)
