import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from hinterland import DAGMM, load, save
from hinterland.errors import FileFormatError
from hinterland.preprocessing import PictureEncoder, PictureFolder, PicturesSkippedWarning

PIL_Image = pytest.importorskip("PIL.Image", reason="pillow is not installed")


def pictures(shape=(5, 4, 3), n=6, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1), (5, 4, 3), (2, 3, 7)])
def test_rows_are_the_pixels_in_their_order(shape):
    X = pictures(shape)
    encoder = PictureEncoder()
    rows = encoder.fit_transform(X)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows, X.reshape(len(X), -1) / 255, rtol=1e-6)
    assert encoder.shape_ == (*shape, 1)[:3]
    names = encoder.get_feature_names_out()
    assert len(names) == rows.shape[1]
    assert len(set(names)) == len(names)


def test_columns_are_named_by_place_and_colour():
    assert PictureEncoder().fit(pictures((2, 2))).get_feature_names_out().tolist() == [
        "pixel_0_0",
        "pixel_0_1",
        "pixel_1_0",
        "pixel_1_1",
    ]
    names = PictureEncoder().fit(pictures((2, 2, 3))).get_feature_names_out()
    assert names[[0, 4, 11]].tolist() == ["pixel_0_0_red", "pixel_0_1_green", "pixel_1_1_blue"]


def test_numbers_in_the_unit_interval_are_taken_as_they_are():
    X = pictures().astype(np.float64) / 255
    np.testing.assert_allclose(PictureEncoder().fit_transform(X), X.reshape(len(X), -1), rtol=1e-6)


def test_grey_is_pillows_up_to_its_rounding():
    X = pictures((9, 8, 3))
    rows = PictureEncoder(colour=False).fit_transform(X)
    expected = np.stack([np.asarray(PIL_Image.fromarray(x).convert("L")) for x in X])
    np.testing.assert_allclose(rows * 255, expected.reshape(len(X), -1), atol=0.51)


def test_grey_is_repeated_where_colour_is_asked_for():
    X = pictures((2, 3))
    rows = PictureEncoder(colour=True).fit_transform(X).reshape(-1, 2, 3, 3)
    for channel in range(3):
        np.testing.assert_allclose(rows[..., channel], X / 255, rtol=1e-6)


@pytest.mark.parametrize("size", [(7, 9), (40, 33), (20, 9)])
def test_sizes_change_as_pillow_changes_them(size):
    smooth = np.add.outer(np.linspace(0, 120, 20), np.linspace(0, 130, 24))[..., None] + [0, 2, 5]
    X = smooth[None].astype(np.uint8)
    encoder = PictureEncoder(size=size)
    rows = encoder.fit_transform(X).reshape(*size, 3)
    expected = np.asarray(PIL_Image.fromarray(X[0]).resize(size[::-1], PIL_Image.Resampling.BILINEAR))
    np.testing.assert_allclose(rows * 255, expected, atol=1.01)
    assert encoder.shape_ == (*size, 3)


def test_grey_is_rounded_step_by_step_as_any_processor_does():
    """Single products and sums are rounded alike everywhere; a sum of products is not."""
    x = pictures((9, 8, 3), n=7)
    red, green, blue = np.moveaxis(x.astype(np.float32) / np.float32(255), -1, 0)
    expected = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    np.testing.assert_array_equal(PictureEncoder(colour=False).fit_transform(x), expected.reshape(7, -1))


def test_a_picture_has_the_same_row_in_any_company(monkeypatch):
    X = pictures((11, 9, 3), n=10)
    for encoder in (PictureEncoder(), PictureEncoder(size=7, colour=False), PictureEncoder(size=(16, 5))):
        whole = encoder.fit_transform(X)
        alone = np.concatenate([encoder.transform(x[None]) for x in X])
        np.testing.assert_array_equal(alone, whole)
        monkeypatch.setattr("hinterland.preprocessing.pictures.encoder._CHUNK_ENTRIES", 3 * whole.shape[1])
        np.testing.assert_array_equal(encoder.transform(X), whole)
        monkeypatch.undo()


def test_no_pictures_give_no_rows_but_fit_nothing():
    encoder = PictureEncoder().fit(pictures())
    assert encoder.transform(pictures(n=0)).shape == (0, 60)
    with pytest.raises(ValueError, match="at least one picture to fit to; got none"):
        PictureEncoder().fit(pictures(n=0))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 5, 3), "each picture is 4 x 5 x 3, expected 5 x 4 x 3 as at fit; set size and colour"),
        ((5, 4, 1), "each picture is 5 x 4 x 1, expected 5 x 4 x 3"),
        ((5, 4), "each picture is 5 x 4 x 1, expected 5 x 4 x 3"),
    ],
)
def test_other_shapes_than_at_fit_are_refused_unless_they_are_changed(shape, message):
    encoder = PictureEncoder().fit(pictures())
    with pytest.raises(ValueError, match=message):
        encoder.transform(pictures(shape))
    fitting = PictureEncoder(size=(5, 4), colour=True).fit(pictures())
    assert fitting.transform(pictures(shape)).shape == (6, 60)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((3, 4)), r"\(n, h, w\) or .* got an array of float64 of shape \(3, 4\)"),
        (np.zeros((3, 0, 4)), r"shape \(3, 0, 4\)"),
        (np.full((1, 2, 2), "a"), "got an array of <U1"),
        (np.zeros((1, 2, 2), np.int64), "got an array of int64"),
        (np.zeros((1, 2, 2), np.uint16), "must be uint8; got uint16"),
        (np.full((1, 2, 2), 255.0), r"must be numbers in \[0, 1\]; got 255.0 to 255.0"),
        (np.full((1, 2, 2), -0.1), r"numbers in \[0, 1\]; got -0.1"),
        (np.full((1, 2, 2), np.nan), r"numbers in \[0, 1\]; got nan"),
    ],
)
def test_what_are_no_pictures_is_refused(X, message):
    with pytest.raises(ValueError, match=message):
        PictureEncoder().fit(X)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"size": 0}, "size must be an integer of at least 1, got 0"),
        ({"size": (3, 4, 5)}, r"a pair of height and width, or None, got \(3, 4, 5\)"),
        ({"size": 2.5}, "size must be an integer"),
        ({"colour": "grey"}, r"colour must be one of \[True, False, None\], got 'grey'"),
    ],
)
def test_parameters_out_of_their_range_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        PictureEncoder(**settings).fit(pictures())


def test_colour_needs_one_or_three_channels():
    with pytest.raises(ValueError, match="1 or 3 channels where colour is set; got 4"):
        PictureEncoder(colour=False).fit(pictures((3, 3, 4)))


@pytest.fixture
def folder(tmp_path):
    X = pictures((6, 8, 3), n=5)
    for i, picture in enumerate(X):
        PIL_Image.fromarray(picture).save(tmp_path / f"{i}.png")
    return tmp_path, X


@pytest.mark.parametrize("settings", [{}, {"size": (4, 5)}, {"colour": False, "size": 3}])
def test_a_folder_gives_the_rows_of_its_pictures(folder, settings):
    path, X = folder
    encoder = PictureEncoder(**settings)
    expected = encoder.fit_transform(X)
    for source in (path, str(path), PictureFolder(path)):
        np.testing.assert_array_equal(clone(encoder).fit_transform(source), expected)


def test_rows_of_a_folder_with_broken_files_are_those_of_the_files_left(folder):
    path, X = folder
    (path / "0.png").write_bytes(b"")
    (path / "3.png").write_bytes((path / "3.png").read_bytes()[:60])
    with pytest.raises(FileFormatError, match=r"0\.png: not a readable picture"):
        PictureEncoder().fit_transform(path)
    source = PictureFolder(path, on_error="skip")
    with pytest.warns(PicturesSkippedWarning):
        rows = PictureEncoder().fit_transform(source)
    np.testing.assert_array_equal(rows, PictureEncoder().fit_transform(X[[1, 2, 4]]))
    assert [file.name for file in source.files] == ["1.png", "2.png", "4.png"]


def test_a_file_of_another_shape_is_named(folder):
    path, _ = folder
    PIL_Image.fromarray(pictures((5, 5))[0]).save(path / "2.png")
    with pytest.raises(
        ValueError, match=r"2\.png is 5 x 5 x 1, expected 6 x 8 x 3 as at fit; set size and colour"
    ):
        PictureEncoder().fit_transform(path)
    assert PictureEncoder(size=4, colour=True).fit_transform(path).shape == (5, 48)


@pytest.mark.slow
def test_it_is_an_estimator_that_can_be_saved(tmp_path):
    with pytest.raises(NotFittedError):
        PictureEncoder().transform(pictures())
    X = pictures((6, 6, 3), n=40)
    detector = DAGMM(hidden=(5,), epochs=2, steps=3, random_state=0)
    pipeline = make_pipeline(PictureEncoder(size=(3, 4), colour=False), detector).fit(X)
    assert pipeline[-1].n_features_in_ == 12
    save(pipeline, tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_array_equal(loaded.score_samples(X), pipeline.score_samples(X))
    assert loaded[0].get_params() == pipeline[0].get_params()
    assert loaded[0].shape_ == (3, 4, 1)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"params": {"size": 3}},
        {"params": {}, "shape": [0, 2, 3]},
        {"params": {"sizes": 3}, "shape": [2, 2, 3]},
        {"params": {"size": -1}, "shape": [2, 2, 3]},
        {"params": {}, "shape": [2, 2]},
    ],
)
def test_a_state_that_is_none_is_refused(state):
    with pytest.raises(FileFormatError, match="not the state of a PictureEncoder"):
        PictureEncoder.from_state(state, {})
