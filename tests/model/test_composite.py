import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hinterland.model.composite import (
    ERROR_FLOOR,
    RECONSTRUCTION_FEATURES,
    SMALLEST_SQUARED_NORM,
    check_feature_names,
    composite_features,
    composite_names,
    composite_width,
    row_errors,
)

PAIRS = st.tuples(st.integers(1, 5), st.integers(1, 6)).flatmap(
    lambda shape: st.tuples(*(arrays(np.float64, shape, elements=st.floats(-1e3, 1e3)) for _ in range(2)))
)


def slow_features(x: np.ndarray, r: np.ndarray) -> dict[str, list[float]]:
    """Each feature of each row from its definition; only for rows that are not zero and not equal."""
    result: dict[str, list[float]] = {name: [] for name in RECONSTRUCTION_FEATURES}
    for a, b in zip(x, r, strict=True):
        cosine = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
        squared = sum((p - q) ** 2 for p, q in zip(a, b, strict=True)) / len(a)
        result["relative_euclidean"].append(np.linalg.norm(a - b) / np.linalg.norm(a))
        result["cosine_similarity"].append(cosine)
        result["cosine_dissimilarity"].append((1 - cosine) / 2)
        result["angle"].append(np.arccos(cosine))
        result["squared_error"].append(squared)
        result["log_error"].append(np.log(squared))
        result["floored_log_error"].append(np.log(squared + ERROR_FLOOR))
        result["residual"].append(a - b)
    return result


def rows_and_reconstructions(seed: int = 0, n: int = 20, d: int = 7) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return x, x + 0.3 * torch.randn(n, d, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("name", RECONSTRUCTION_FEATURES)
def test_each_feature_is_its_definition(name):
    x, r = rows_and_reconstructions()
    found = RECONSTRUCTION_FEATURES[name](row_errors(x, r)).numpy()
    np.testing.assert_allclose(found, slow_features(x.numpy(), r.numpy())[name], rtol=1e-10)


def test_the_mean_squared_error_is_an_average_over_entries():
    x, r = rows_and_reconstructions()
    expected = np.square(x.numpy() - r.numpy()).mean(1)
    np.testing.assert_allclose(row_errors(x, r).mean_squared_error.numpy(), expected, rtol=1e-12)


@pytest.mark.slow
def test_gradients_of_row_errors_are_those_of_finite_differences():
    x, r = (t.requires_grad_() for t in rows_and_reconstructions(n=4, d=3))
    assert torch.autograd.gradcheck(lambda a, b: row_errors(a, b)[2:], (x, r))
    # The way in training: rows are data and take no gradient.
    assert torch.autograd.gradcheck(lambda b: row_errors(x.detach(), b)[2:], (r,))


@pytest.mark.parametrize("name", RECONSTRUCTION_FEATURES)
def test_gradients_of_each_feature_are_those_of_finite_differences(name):
    x, r = (t.requires_grad_() for t in rows_and_reconstructions(n=4, d=3))
    assert torch.autograd.gradcheck(lambda a, b: RECONSTRUCTION_FEATURES[name](row_errors(a, b)), (x, r))


@pytest.mark.slow
@pytest.mark.parametrize("name", RECONSTRUCTION_FEATURES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("case", ["both zero", "row zero", "reconstruction zero", "perfect", "huge"])
def test_odd_rows_have_finite_features_and_gradients(name, dtype, case):
    x, r = (t.to(dtype) for t in rows_and_reconstructions(n=3, d=4))
    if case in ("both zero", "row zero"):
        x = torch.zeros_like(x)
    if case in ("both zero", "reconstruction zero"):
        r = torch.zeros_like(r)
    if case == "perfect":
        r = x.clone()
    if case == "huge":
        x, r = 1e6 * x, 1e6 * r
    x.requires_grad_()
    r.requires_grad_()
    feature = RECONSTRUCTION_FEATURES[name](row_errors(x, r))
    gradients = torch.autograd.grad(feature.sum(), (x, r), allow_unused=True, materialize_grads=True)
    assert torch.isfinite(feature).all()
    assert all(torch.isfinite(g).all() for g in gradients)


@pytest.mark.slow
@given(PAIRS)
def test_cosines_stay_in_range_and_errors_are_never_negative(pair):
    errors = row_errors(*map(torch.from_numpy, pair))
    cosine = RECONSTRUCTION_FEATURES["cosine_similarity"](errors)
    assert (cosine.abs() <= 1 + 1e-6).all()
    np.testing.assert_allclose(RECONSTRUCTION_FEATURES["cosine_dissimilarity"](errors), (1 - cosine) / 2)
    assert (RECONSTRUCTION_FEATURES["relative_euclidean"](errors) >= 0).all()
    assert (RECONSTRUCTION_FEATURES["log_error"](errors) >= np.log(SMALLEST_SQUARED_NORM) - 1e-9).all()


@pytest.mark.slow
@given(PAIRS, st.lists(st.sampled_from(sorted(RECONSTRUCTION_FEATURES)), max_size=6), st.integers(1, 3))
def test_features_names_and_width_agree(pair, names, latent_dim):
    x, r = map(torch.from_numpy, pair)
    latent = torch.ones(len(x), latent_dim, dtype=x.dtype)
    features = composite_features(latent, row_errors(x, r), names)
    columns = [f"column{j}" for j in range(x.shape[1])]
    assert features.shape == (len(x), composite_width(latent_dim, x.shape[1], names))
    assert len(composite_names(latent_dim, names, columns)) == features.shape[1]
    assert torch.equal(features[:, :latent_dim], latent)


@pytest.mark.slow
def test_features_stand_in_the_order_of_their_names():
    x, r = rows_and_reconstructions(d=2)
    names = ("squared_error", "residual", "log_error")
    features = composite_features(x[:, :1], row_errors(x, r), names)
    assert composite_names(1, names, ["a", "b"]) == [
        "latent0",
        "squared_error",
        "residual_a",
        "residual_b",
        "log_error",
    ]
    expected = [x[:, 0], (x - r).square().mean(1), *(x - r).T, (x - r).square().mean(1).log()]
    torch.testing.assert_close(features, torch.stack(expected, 1))


@pytest.mark.parametrize("names", [("cosine",), ["residual", "nope"], "residual"])
def test_unknown_names_are_refused(names):
    with pytest.raises(ValueError, match=r"reconstruction_features must be a list of names among .*, got"):
        check_feature_names(names)


def test_known_names_pass():
    check_feature_names(list(RECONSTRUCTION_FEATURES))
    check_feature_names(())
