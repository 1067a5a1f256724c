import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.utils.estimator_checks import parametrize_with_checks

from hinterland import load, save
from hinterland.errors import FileFormatError
from hinterland.preprocessing import PrincipalComponents


@pytest.mark.slow
@parametrize_with_checks([PrincipalComponents(1)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


def rows(n=80, width=7, seed=0):
    """Rows whose variances differ, far from the origin."""
    random = np.random.default_rng(seed)
    return random.normal(size=(n, width)) @ random.normal(size=(width, width)) * np.arange(1, width + 1) + 3


def test_features_are_the_formulas():
    X, new = rows(), rows(seed=1)
    fitted = PrincipalComponents(3).fit(X)
    mean = X.mean(0)
    values, vectors = np.linalg.eigh(np.cov(X.T))
    U = vectors[:, np.argsort(-values)[:3]]
    for f, z in zip(new, fitted.transform(new), strict=True):
        latent = U.T @ (f - mean)
        back = U @ latent + mean
        np.testing.assert_allclose(np.abs(z[:3]), np.abs(latent), rtol=1e-8)
        assert z[3] == pytest.approx(((f - back) ** 2).sum() / 7)
        cosine = f @ back / np.linalg.norm(f) / np.linalg.norm(back)  # of the rows themselves, not centred
        assert z[4] == pytest.approx((1 - cosine) / 2, abs=1e-12)
    np.testing.assert_allclose(fitted.components_ @ fitted.components_.T, np.eye(3), atol=1e-12)


def test_components_are_scikit_learns():
    X = rows()
    pca = PCA(4, svd_solver="full").fit(X)
    fitted = PrincipalComponents(4).fit(X)
    np.testing.assert_allclose(fitted.transform(X)[:, :4], pca.transform(X), atol=1e-8)
    np.testing.assert_allclose(fitted.explained_variance_ratio_, pca.explained_variance_ratio_)


def test_a_share_keeps_as_many_components_as_hold_it():
    X = rows()
    ratios = PCA().fit(X).explained_variance_ratio_.cumsum()
    fitted = PrincipalComponents(0.8).fit(X)
    assert fitted.n_components_ == 1 + np.sum(ratios < 0.8)
    assert fitted.explained_variance_ratio_.sum() >= 0.8


def test_all_components_leave_no_error():
    features = PrincipalComponents(7).fit_transform(rows())
    np.testing.assert_allclose(features[:, 7:], 0, atol=1e-12)


def test_a_row_alone_is_as_in_company_and_other_features_can_be_named():
    X = rows()
    fitted = PrincipalComponents(2, reconstruction_features=["log_error"]).fit(X)
    whole = fitted.transform(X)
    assert whole.shape == (80, 3)
    np.testing.assert_allclose(np.concatenate([fitted.transform(x[None]) for x in X]), whole, rtol=1e-9)
    np.testing.assert_allclose(
        np.exp(whole[:, 2]), PrincipalComponents(2).fit(X).transform(X)[:, 2], rtol=1e-9
    )


def test_columns_are_named():
    frame = pd.DataFrame(rows(width=2), columns=["a", "b"])
    assert PrincipalComponents(1).fit(frame).get_feature_names_out().tolist() == [
        "component0",
        "squared_error",
        "cosine_dissimilarity",
    ]
    fitted = PrincipalComponents(1, reconstruction_features=("residual",)).fit(frame)
    assert fitted.get_feature_names_out().tolist() == ["component0", "residual_a", "residual_b"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_components": 0}, "n_components must be an integer of at least 1, got 0"),
        ({"n_components": 8}, r"at most 7 for rows of shape \(80, 7\), got 8"),
        ({"n_components": 1.5}, r"n_components must be a number in \(0, 1\), got 1.5"),
        ({"reconstruction_features": ["error"]}, r"list of names among .* got \['error'\]"),
    ],
)
def test_parameters_out_of_their_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        PrincipalComponents(**settings).fit(rows())


def test_saved_and_loaded_it_gives_the_same_bits(tmp_path):
    for X in (rows(), pd.DataFrame(rows(), columns=list("abcdefg"))):
        fitted = PrincipalComponents(0.9).fit(X)
        save(fitted, tmp_path / "x")
        loaded = load(tmp_path / "x")
        np.testing.assert_array_equal(loaded.transform(X), fitted.transform(X))
        assert loaded.get_params() == fitted.get_params()
        assert loaded.get_feature_names_out().tolist() == fitted.get_feature_names_out().tolist()
    assert loaded.feature_names_in_.tolist() == list("abcdefg")


def test_a_state_that_is_none_is_refused():
    state, arrays = PrincipalComponents(2).fit(rows()).to_state()
    for other_state, other_arrays in (
        ({}, arrays),
        (state, {**arrays, "mean_": arrays["mean_"][1:]}),
        (state, {**arrays, "components_": arrays["components_"].astype(np.float32)}),
        ({**state, "names": ["a"]}, arrays),
    ):
        with pytest.raises(FileFormatError, match="not the state of a PrincipalComponents"):
            PrincipalComponents.from_state(other_state, other_arrays)
