import itertools

import numpy as np
import pytest
import torch

from hinterland.clustering import Clustering, GaussianMixtureClustering, KMeansClustering
from hinterland.networks import Autoencoder
from hinterland.training.cluster_and_retrain import (
    CompactRows,
    EmptySelectionWarning,
    cluster_and_retrain,
    retraining_features,
)
from hinterland.training.loop import TrainingInterruptedWarning
from hinterland.training.reconstruction import fit_reconstruction
from hinterland.training.settings import LoopSettings

N = 120


class Scripted(Clustering):
    """Labels by a script, the last again and again; ``seen`` keeps what it was given."""

    def __init__(self, *script: np.ndarray) -> None:
        self.script = itertools.chain(script, itertools.repeat(script[-1]))
        self.seen: list[np.ndarray] = []
        self.starts: list[np.ndarray | None] = []

    def cluster(self, rows, generator, start=None):
        self.seen.append(rows)
        self.starts.append(start)
        return next(self.script)


@pytest.fixture
def rows() -> torch.Tensor:
    """Rows whose spread grows from one third to the next, so that the first are the most compact."""
    x = torch.randn(N, 4, generator=torch.Generator().manual_seed(0))
    return x * torch.repeat_interleave(torch.tensor([0.1, 1.0, 3.0]), N // 3)[:, None]


THIRDS = np.repeat([0, 1, 2], N // 3)
ALTERNATING = np.arange(N) % 3


def compact_rows(*script: np.ndarray, first: Clustering | None = None, **options) -> CompactRows:
    later = Scripted(*script)
    options = {"first_dropped": 0.5, "later_dropped": 0.4, "min_cluster_size": 5, "seed": 0, **options}
    return CompactRows(first or Scripted(script[0]), later, **options)


def network(seed: int = 0) -> Autoencoder:
    return Autoencoder(4, (6,), 2, generator=torch.Generator().manual_seed(seed))


def fit(rows, compact, *, every=3, net=None, on_epoch=None, **settings):
    compact.choose_first(rows.double().numpy())
    settings = {"epochs": 12, "batch_size": 32, "learning_rate": 1e-2, **settings}
    return cluster_and_retrain(
        net or network(),
        rows,
        compact,
        every,
        LoopSettings(**settings),
        torch.Generator().manual_seed(0),
        on_epoch=on_epoch,
    )


def test_features_are_the_latent_and_the_angle_at_unit_length(rows):
    net = network().eval()
    features = retraining_features(net, rows)
    encoding = net(rows)
    cosine = torch.nn.functional.cosine_similarity(rows.double(), encoding.reconstruction.double())
    expected = torch.column_stack([encoding.latent.double(), torch.acos(cosine)]).detach().numpy()
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(features, expected, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1)


def test_it_trains_on_compact_rows_alone(rows):
    compact = compact_rows(THIRDS, first_dropped=0.3)
    trained = network()
    with torch.no_grad():
        before = retraining_features(trained, rows)
    fit(rows, compact, epochs=3, net=trained)
    np.testing.assert_array_equal(compact.chosen, THIRDS < 2)
    alone = network()
    settings = LoopSettings(epochs=3, batch_size=32, learning_rate=1e-2)
    fit_reconstruction(alone, rows[: 2 * N // 3], rows[:0], settings, torch.Generator().manual_seed(0))
    for a, b in zip(trained.parameters(), alone.parameters(), strict=True):
        assert torch.equal(a, b)
    assert not np.allclose(before, retraining_features(trained, rows))


def test_weights_and_optimiser_carry_over_from_choice_to_choice(rows):
    everything = compact_rows(ALTERNATING)
    everything.choose_again = lambda features: True  # as if the choice had changed, without another
    whole, parts = network(), network()
    fit(rows, everything, every=4, epochs=8, net=parts, batch_size=N)
    fit(rows, compact_rows(ALTERNATING), every=8, epochs=8, net=whole, batch_size=N)
    for a, b in zip(whole.parameters(), parts.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
    assert all(p.untyped_storage().nbytes() == p.numel() * 4 for p in parts.parameters())


def test_it_ends_when_the_choice_no_longer_changes(rows):
    compact = compact_rows(ALTERNATING, THIRDS, THIRDS)
    result = fit(rows, compact, every=3, epochs=300)
    assert result.settled
    assert not result.interrupted
    assert len(compact.later.seen) <= 3
    assert result.history[-1]["epoch"] == 3 * len(compact.later.seen)
    np.testing.assert_array_equal(result.selected, compact.chosen)


def test_it_ends_at_the_limit_of_epochs(rows):
    flips = [ALTERNATING, THIRDS] * 10
    compact = compact_rows(*flips)
    compact.choose_again = lambda features: True
    result = fit(rows, compact, every=5, epochs=12)
    assert not result.settled
    assert [entry["epoch"] for entry in result.history] == [5, 10, 12]
    assert np.all(np.diff([entry["seconds"] for entry in result.history]) > 0)


def test_an_entry_has_the_numbers_of_its_choice_and_on_epoch_sees_each(rows):
    seen = []
    result = fit(rows, compact_rows(ALTERNATING, THIRDS), on_epoch=seen.append)
    assert seen == result.history
    first, second = result.history[:2]
    assert first["selected"] == pytest.approx(2 / 3, abs=0.34)
    assert "jaccard" not in first
    for entry in result.history:
        assert entry["clusters"] == 3
        assert 0 < entry["clusters_kept"] < 3
        assert entry["variance_threshold"] > 0
        assert entry["empty_selection"] == 0
    assert 0 <= second["jaccard"] < 1


def test_the_jaccard_index_compares_with_the_choice_before():
    rows = np.random.default_rng(0).normal(size=(N, 2)) * np.repeat([1.0, 2.0, 3.0, 9.0], N // 4)[:, None]
    quarters = np.repeat([0, 1, 2, 3], N // 4)
    compact = compact_rows(quarters, later_dropped=0.8)
    compact.choose_first(rows)
    assert compact.chosen.mean() == 0.5
    assert compact.choose_again(rows)
    assert compact.chosen.mean() == 0.25
    assert compact.numbers["jaccard"] == 0.5
    assert not compact.choose_again(rows)
    assert compact.numbers["jaccard"] == 1


def test_an_empty_choice_keeps_the_one_before_and_says_so(rows):
    alone = np.zeros(N, dtype=int)
    compact = compact_rows(THIRDS, alone, THIRDS)
    compact.later = Scripted(alone, THIRDS)
    compact.choose_first(rows.numpy())
    before = compact.chosen
    with pytest.warns(
        EmptySelectionWarning, match="none of 1 clusters .* goes on with the .* rows from before"
    ):
        assert compact.choose_again(rows.numpy())  # not settled: no choice was made
    np.testing.assert_array_equal(compact.chosen, before)
    assert compact.numbers["empty_selection"] == 1
    assert compact.numbers["clusters_kept"] == 0
    compact.choose_again(rows.numpy())
    assert compact.numbers["empty_selection"] == 0


def test_a_first_choice_that_is_empty_is_of_all_rows(rows):
    compact = compact_rows(np.zeros(N, dtype=int))
    with pytest.warns(EmptySelectionWarning, match="goes on with the 120 rows"):
        compact.choose_first(rows.numpy())
    assert compact.chosen.all()


def test_later_clusterings_start_from_one_another_and_not_from_the_first(rows):
    compact = compact_rows(ALTERNATING, THIRDS, ALTERNATING)
    fit(rows, compact)
    assert compact.later.starts[0] is None
    assert all(start is not None for start in compact.later.starts[1:])


@pytest.mark.parametrize(
    "clustering", [KMeansClustering(n_clusters=4), GaussianMixtureClustering(n_clusters=4)]
)
def test_rows_that_do_not_move_settle_at_once(clustering, rows):
    compact = CompactRows(
        clustering, clustering, first_dropped=0.5, later_dropped=0.5, min_cluster_size=5, seed=0
    )
    compact.choose_first(rows.numpy())
    compact.choose_again(rows.numpy())
    assert not compact.choose_again(rows.numpy())


def test_an_interruption_in_the_loop_ends_it(rows):
    def interrupt(entry):
        raise KeyboardInterrupt

    with pytest.warns(TrainingInterruptedWarning):
        result = fit(rows, compact_rows(ALTERNATING, THIRDS), on_epoch=interrupt)
    assert result.interrupted
    assert len(result.history) == 1


def test_an_interruption_while_rows_are_clustered_keeps_the_network(rows):
    compact = compact_rows(ALTERNATING)

    def interrupt(features):
        raise KeyboardInterrupt

    compact.choose_again = interrupt
    net = network()
    with pytest.warns(
        TrainingInterruptedWarning, match="interrupted after 3 of at most 12 epochs, while rows"
    ):
        result = fit(rows, compact, net=net)
    assert result.interrupted
    assert not net.training
    assert all(p.grad is None for p in net.parameters())
