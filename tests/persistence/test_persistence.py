"""Fitted objects to a file and back: the same bits, or an error that says what is wrong."""

import copy
import functools
import json
import pickle
import random
import sys
import threading
import zipfile

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy
import sklearn
import torch
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, PowerTransformer, RobustScaler, StandardScaler

import hinterland
from hinterland.densities import GaussianMixture
from hinterland.detectors import DAGMM
from hinterland.errors import FileFormatError
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.networks import Autoencoder
from hinterland.networks.base import NETWORKS
from hinterland.persistence import MANIFEST, TENSORS, describe, load, save
from hinterland.persistence.archive import open_archive, write_archive
from hinterland.persistence.values import pack, unpack
from hinterland.preprocessing import TabularEncoder

SMALL = {
    **DAGMM.published,
    "hidden": (5,),
    "epochs": 2,
    "steps": 3,
    "n_components": 2,
    "n_references": 8,
    "random_state": 0,
}
NUMBERS = np.random.default_rng(1).normal(size=(60, 4))


def mixed(n=60):
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "bytes": rng.lognormal(3, 2, n),
            "count": rng.integers(0, 9, n),
            "service": rng.choice(["http", "ftp", "größe", "$tuple"], n),
            "flag": rng.random(n) < 0.3,
            "when": pd.date_range("2024-01-01", periods=n, freq="7h"),
        }
    ).assign(gap=lambda table: table["bytes"].where(table["count"] > 2))


@pytest.fixture(scope="module")
def named():
    return DAGMM(**SMALL).fit(pd.DataFrame(NUMBERS, columns=["a", "b", "größe", "$d"]))


@pytest.fixture(scope="module")
def fitted():
    return DAGMM(**SMALL).fit(NUMBERS)


@pytest.fixture(scope="module")
def pipeline():
    steps = [("encode", TabularEncoder()), ("none", None), ("detect", DAGMM(scaling=None, **SMALL))]
    return Pipeline(steps).fit(mixed())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.hinterland"


def round_trip(obj, path):
    save(obj, path)
    return load(path)


def assert_same_detector(found, expected, rows):
    assert type(found) is type(expected)
    assert found.get_params() == expected.get_params()
    for method in ("energy", "score_samples", "decision_function", "predict", "transform"):
        np.testing.assert_array_equal(getattr(found, method)(rows), getattr(expected, method)(rows))
    for name in ("training_energy_", "references_"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
        assert getattr(found, name).dtype == getattr(expected, name).dtype
    learnt = {name for name in vars(expected) if name.endswith("_")}
    assert {name for name in vars(found) if name.endswith("_")} == learnt
    assert (found.offset_, found.history_) == (expected.offset_, expected.history_)


def manifest_and_arrays(path):
    with open_archive(path, (MANIFEST, TENSORS)) as archive:
        return json.loads(archive.read(MANIFEST)), safetensors.numpy.load(archive.read(TENSORS))


def write(path, manifest, arrays):
    """Write with valid digests: what a forger, or another version of hinterland, could have written."""
    write_archive(path, {MANIFEST: json.dumps(manifest).encode(), TENSORS: safetensors.numpy.save(arrays)})


# Round trips


def test_detector_of_a_frame(named, path):
    rows = pd.DataFrame(NUMBERS[:7], columns=named.feature_names_in_)
    loaded = round_trip(named, path)
    assert_same_detector(loaded, named, rows)
    assert loaded.feature_names_in_.tolist() == ["a", "b", "größe", "$d"]
    assert loaded.feature_names_in_.dtype == object
    with pytest.raises(ValueError, match="feature names"):
        loaded.energy(rows.rename(columns={"a": "z"}))


def test_detector_of_an_array(fitted, path):
    loaded = round_trip(fitted, path)
    assert_same_detector(loaded, fitted, NUMBERS)
    assert not hasattr(loaded, "feature_names_in_")
    assert not loaded.models_[0].training
    assert loaded.hidden == (5,)
    assert type(loaded.hidden) is tuple
    for one, other in zip(loaded.models_[0].parameters(), fitted.models_[0].parameters(), strict=True):
        assert (one.dtype, one.requires_grad) == (other.dtype, other.requires_grad)


def test_a_loaded_detector_can_be_fitted_again(fitted, path):
    np.testing.assert_array_equal(
        round_trip(fitted, path).fit(NUMBERS).energy(NUMBERS), fitted.energy(NUMBERS)
    )


def test_method_save_writes_the_same_file(fitted, path, tmp_path):
    fitted.save(str(tmp_path / "method"))
    save(fitted, path)
    assert path.read_bytes() == (tmp_path / "method").read_bytes()
    save(load(path), path)
    assert path.read_bytes() == (tmp_path / "method").read_bytes()


def test_models_are_put_on_the_device_that_is_asked_for(fitted, path):
    save(fitted, path)
    loaded = load(path, device="meta")
    assert {tensor.device.type for tensor in loaded.models_[0].state_dict().values()} == {"meta"}
    assert loaded.device == "cpu"  # a parameter stays what it was


def test_several_models(fitted, path):
    other = DAGMM(**{**SMALL, "hidden": (6, 3), "random_state": 5}).fit(NUMBERS)
    ensemble = copy.deepcopy(fitted)
    ensemble.models_ = [*fitted.models_, *other.models_]
    loaded = round_trip(ensemble, path)
    assert len(loaded.models_) == 2
    np.testing.assert_array_equal(loaded.energy(NUMBERS), ensemble.energy(NUMBERS))
    np.testing.assert_array_equal(loaded.transform(NUMBERS), ensemble.transform(NUMBERS))


def test_models_in_single_precision_with_batch_statistics(fitted, path):
    network = Autoencoder(4, (3,), 2, normalise_latent=True)
    network(torch.from_numpy(NUMBERS).float())  # sets running statistics and the integer count of batches
    density = GaussianMixture(3, 2, hidden=None)
    density.weights, density.means = torch.tensor([0.25, 0.75]), torch.randn(2, 3).double()
    density.factors, density.log_determinants = torch.eye(3).double().repeat(2, 1, 1), torch.zeros(2)
    detector = copy.deepcopy(fitted)
    model = EnergyModel(InputScaling.from_rows(NUMBERS, "minmax", None), network, density, ["log_error"])
    detector.models_ = [model.eval()]
    loaded = round_trip(detector, path)
    np.testing.assert_array_equal(loaded.energy(NUMBERS), detector.energy(NUMBERS))
    state, expected = loaded.models_[0].state_dict(), model.state_dict()
    assert {name: tensor.dtype for name, tensor in state.items()} == {n: t.dtype for n, t in expected.items()}
    assert state["network.encoder.3.num_batches_tracked"].item() == 1


@pytest.mark.slow
def test_pipeline(pipeline, path):
    loaded = round_trip(pipeline, path)
    assert [name for name, _ in loaded.steps] == ["encode", "none", "detect"]
    assert loaded["none"] == "passthrough"
    rows = mixed().iloc[::-1]
    np.testing.assert_array_equal(loaded[0].transform(rows), pipeline[0].transform(rows))
    np.testing.assert_array_equal(loaded.score_samples(rows), pipeline.score_samples(rows))
    assert_same_detector(loaded[-1], pipeline[-1], pipeline[0].transform(rows))


def test_encoder(path):
    encoder = TabularEncoder(numbers="quantile", clip=None).fit(mixed())
    loaded = round_trip(encoder, path)
    np.testing.assert_array_equal(loaded.transform(mixed()), encoder.transform(mixed()))
    assert loaded.get_params() == encoder.get_params()
    assert loaded.get_feature_names_out().tolist() == encoder.get_feature_names_out().tolist()


@pytest.mark.parametrize(
    "scaler",
    [
        StandardScaler(),
        StandardScaler(with_mean=False, with_std=False),
        MinMaxScaler((0, 2), clip=True),
        RobustScaler(quantile_range=(10.0, 90.0)),
    ],
    ids=str,
)
def test_scalers(scaler, path):
    scaler = scaler.fit(NUMBERS)
    loaded = round_trip(scaler, path)
    np.testing.assert_array_equal(loaded.transform(NUMBERS), scaler.transform(NUMBERS))
    assert loaded.get_params() == scaler.get_params()


def test_output_containers_stay(path):
    rows = pd.DataFrame(NUMBERS, columns=list("abcd"))
    steps = Pipeline([("scale", StandardScaler()), ("detect", DAGMM(**SMALL))])
    steps["scale"].set_output(transform="pandas")
    loaded = round_trip(steps.fit(rows), path)
    pd.testing.assert_frame_equal(loaded[0].transform(rows), steps[0].transform(rows))
    np.testing.assert_array_equal(loaded.score_samples(rows), steps.score_samples(rows))


def test_what_belongs_to_a_run_is_left_out(path):
    seen = []
    generator = np.random.RandomState(3)
    loaded = round_trip(
        DAGMM(**{**SMALL, "random_state": generator, "on_epoch": seen.append}).fit(NUMBERS), path
    )
    assert seen
    assert loaded.random_state is None
    assert loaded.on_epoch is None


def test_loading_leaves_the_global_generators_alone(fitted, path):
    save(fitted, path)
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    load(path)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert (np.random.get_state()[1].tolist(), random.getstate()) == states[1:]  # noqa: NPY002


def test_loading_gives_back_nothing_that_other_threads_draw_meanwhile(fitted, path, monkeypatch):
    save(fitted, path)
    drawn = []
    build = EnergyModel.__init__

    @functools.wraps(build)
    def drawing(self, *args, **kwargs):
        thread = threading.Thread(target=lambda: drawn.append(torch.rand(1)))
        thread.start()
        thread.join()
        build(self, *args, **kwargs)

    monkeypatch.setattr(EnergyModel, "__init__", drawing)
    torch.manual_seed(0)
    load(path)
    drawn.append(torch.rand(1))
    torch.manual_seed(0)
    assert len(drawn) > 1
    assert drawn == [torch.rand(1) for _ in drawn]


def test_loading_unpickles_and_imports_nothing(pipeline, path, monkeypatch):
    save(pipeline, path)

    def refuse(*args, **kwargs):
        raise AssertionError("pickle was used")

    for name in ("load", "loads", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    monkeypatch.setattr(torch, "load", refuse)
    before = set(sys.modules)
    load(path)
    assert not {name for name in set(sys.modules) - before if not name.startswith("hinterland.")}
    manifest, _ = manifest_and_arrays(path)
    manifest["object"]["steps"][2]["class"] = "os.system"
    write(path, manifest, {})
    with pytest.raises(
        FileFormatError, match=r"no detector here is called 'os\.system'; there are .*'DAGMM'"
    ):
        load(path)


@pytest.mark.parametrize(
    "value",
    [
        (1, (2.5, "x"), []),
        {"a": (1,), "b": {"$tuple": [1]}},
        {"$tuple": 1},
        {1: "one", None: (2,)},
        [float("inf"), -float("inf"), True, None, "\ud800"],
    ],
    ids=repr,
)
def test_values_keep_their_types(value):
    arrays = {}
    back = unpack(json.loads(json.dumps(pack(value, "x", arrays), allow_nan=False)), arrays)
    assert repr(back) == repr(value)


def test_arrays_keep_their_form():
    values = {
        "a.b": np.arange(6, dtype=">i4").reshape(2, 3).T,
        "a": {"b": np.array(True)},
        "c": np.zeros((0, 2), np.float32),
        "d": np.array(["x", "$y"], dtype=object),
    }
    arrays = {}
    back = unpack(pack(values, "x", arrays), arrays)
    assert not arrays
    for found, expected in [(back[n], values[n]) for n in ("a.b", "c", "d")] + [
        (back["a"]["b"], values["a"]["b"])
    ]:
        np.testing.assert_array_equal(found, expected)
        assert (found.shape, found.dtype.kind, found.dtype.itemsize) == (
            expected.shape,
            expected.dtype.kind,
            expected.dtype.itemsize,
        )
    assert np.isnan(unpack(pack(float("nan"), "x", {}), {}))


# What cannot be saved


@pytest.mark.parametrize(
    "unfitted",
    [
        DAGMM(),
        TabularEncoder(),
        StandardScaler(),
        Pipeline([("scale", StandardScaler()), ("detect", DAGMM())]),
        Pipeline([("scale", StandardScaler()), ("detect", DAGMM(**SMALL).fit(NUMBERS))]),
    ],
    ids=["detector", "encoder", "scaler", "pipeline", "step"],
)
def test_unfitted(unfitted, path):
    with pytest.raises(NotFittedError, match="not fitted"):
        save(unfitted, path)
    assert not path.exists()


def test_what_cannot_be_saved_is_named(fitted, path):
    savable = r"which cannot be saved; what can be saved are fitted .*DAGMM.*TabularEncoder, and a Pipeline"
    with pytest.raises(TypeError, match=rf"^the object is a sklearn\.linear.*LinearRegression, {savable}"):
        save(LinearRegression().fit(NUMBERS, NUMBERS[:, 0]), path)
    with pytest.raises(TypeError, match="the object is a dict"):
        save({"detector": fitted}, path)
    steps = Pipeline([("bend", PowerTransformer()), ("detect", DAGMM(**SMALL))]).fit(NUMBERS)
    with pytest.raises(TypeError, match=rf"^step 'bend' is a sklearn.*PowerTransformer, {savable}"):
        save(steps, path)

    class Mine(DAGMM):
        pass

    with pytest.raises(TypeError, match=r"Mine, which cannot be saved"):
        save(Mine(**SMALL).fit(NUMBERS), path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("table_", pd.DataFrame(), r"table_ is a pandas\..*DataFrame, which cannot be saved"),
        ("when_", np.array(["2024-01-01"], "M8[s]"), r"when_ is an array of dtype datetime64"),
        ("scaling", len, r"parameters\.scaling is a builtin_function"),
    ],
)
def test_attributes_that_cannot_be_saved_are_named(fitted, path, name, value, message):
    detector = copy.deepcopy(fitted)
    setattr(detector, name, value)
    with pytest.raises(TypeError, match=message):
        save(detector, path)


def test_a_network_that_its_settings_do_not_rebuild_is_found_when_saving(fitted, path):
    detector = copy.deepcopy(fitted)
    detector.models_[0].network.settings["hidden"] = [6]
    with pytest.raises(
        TypeError, match=r"model_ cannot be saved, as its settings do not rebuild it: .*\(5, 4\)"
    ):
        save(detector, path)


# Files that cannot be loaded


@pytest.mark.slow
def test_damage_anywhere_is_an_error_or_harmless(fitted, path):
    save(fitted, path)
    content = path.read_bytes()
    rng = random.Random(4)
    places = [
        *range(60),
        *rng.sample(range(len(content)), 150),
        *range(len(content) - 250, len(content), 2),
    ]
    harmless = 0
    for place in places:
        damaged = bytearray(content)
        if rng.random() < 0.3:
            del damaged[place:]
        else:
            damaged[place] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        try:
            loaded = load(path)
        except FileFormatError:
            continue
        harmless += 1
        np.testing.assert_array_equal(loaded.energy(NUMBERS), fitted.energy(NUMBERS))
    assert harmless < len(places) / 3  # bits of dates and modes mean nothing


def test_missing_files_and_devices(fitted, path):
    for read in (load, describe):
        with pytest.raises(FileNotFoundError, match=r"x\.hinterland"):
            read(path)
    save(fitted, path)
    with pytest.raises(ValueError, match=r"device must name one .*'abacus'"):
        load(path, device="abacus")


def test_foreign_manifests(path):
    for manifest in ([], {"format": "other"}, {}):
        write(path, manifest, {})
        for read in (load, describe):
            with pytest.raises(FileFormatError, match=r"manifest\.json is not one of a hinterland file"):
                read(path)


@pytest.mark.parametrize("version", [0, None, "1", True, 1.0])
def test_unknown_versions(fitted, path, version):
    save(fitted, path)
    manifest, arrays = manifest_and_arrays(path)
    write(path, manifest | {"format_version": version}, arrays)
    with pytest.raises(
        FileFormatError, match=r"x\.hinterland' cannot be read: it has format version .*expected one of"
    ):
        load(path)


def test_newer_versions(path):
    write(path, {"format": "hinterland", "format_version": 7, "library_version": "3.1"}, {})
    for read in (load, describe):
        with pytest.raises(
            FileFormatError, match=r"format version 7, written by hinterland 3\.1; .* upgrade"
        ):
            read(path)


def edit(manifest, *keys, value):
    node = manifest["object"]
    for key in keys[:-1]:
        node = node[key]
    if value is KeyError:
        del node[keys[-1]]
    else:
        node[keys[-1]] = value


MODEL = ("fitted", "model_", "$model", "arguments")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("kind",), "module", "no kind of object called 'module'"),
        (("kind",), KeyError, "kind"),
        (("class",), "Detector", "no detector here is called 'Detector'"),
        (("class",), ["DAGMM"], "the class of a detector is"),
        (("parameters", "wings"), 2, "unexpected keyword argument 'wings'"),
        (("fitted", "fit"), 1, "'fit' is no attribute"),
        (("fitted", "__class__"), 1, "'__class__' is no attribute"),
        (("fitted", "model_"), KeyError, "model_"),
        (("fitted", "model_"), [], "no model"),
        (("fitted", "model_"), {"$call": ["os.system", "true"]}, r"no kind of value called '\$call'"),
        (("fitted", "offset_"), {"$float": "nan"}, "offset_ holds NaN"),
        (("fitted", "offset_"), "1", "offset_ is '1'"),
        (("fitted", "n_features_in_"), 9, "9 columns has models of other widths"),
        (("fitted", "feature_names_in_"), {"$text": ["a"]}, "4 columns has 1 names"),
        (("fitted", "references_"), KeyError, "references_"),
        (("fitted", "references_", "$array", "name"), "training_energy_", "KeyError: 'training_energy_'"),
        (("fitted", "references_", "$array", "shape"), [8, 5], r"references_ has shape \(8, 4\)"),
        (("fitted", "references_", "$array", "name"), "elsewhere", "elsewhere"),
        ((*MODEL, "network", "$network", "class"), "GaussianMixture", "no network here is called"),
        (
            (*MODEL, "network", "$network", "settings", "hidden"),
            [6],
            r"encoder\.0\.weight has shape \(5, 4\)",
        ),
        ((*MODEL, "network", "$network", "settings", "hidden"), [10**12], r"expected \(1000000000000, 4\)"),
        ((*MODEL, "network", "$network", "settings", "hidden"), [10**40], ""),
        ((*MODEL, "network", "$network", "settings", "hidden"), [5, 5], "other names"),
        ((*MODEL, "density", "$density", "settings", "n_components"), 10**9, r"expected \(1000000000"),
        (
            (*MODEL, "scaling", "$scaling", "settings", "n_features"),
            10**15,
            "scaling of 1000000000000000 columns before a network of 4",
        ),
        (
            (*MODEL, "reconstruction_features", "$tuple"),
            ["residual"],
            "of width 5 before a density of 3",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value)[-60:],
)
def test_forged_manifests(fitted, path, keys, value, message):
    save(fitted, path)
    manifest, arrays = manifest_and_arrays(path)
    edit(manifest, *keys, value=value)
    write(path, manifest, arrays)
    with pytest.raises(
        FileFormatError, match=rf"x\.hinterland' cannot be read: its content does not fit.*{message}"
    ):
        load(path)


def test_forged_arrays(fitted, path):
    save(fitted, path)
    manifest, arrays = manifest_and_arrays(path)
    weight = "model_.network.encoder.0.weight"
    assert arrays[weight].shape == (5, 4)
    for forged, message in [
        (arrays | {weight: arrays[weight].T.copy()}, r"encoder\.0\.weight has shape \(4, 5\)"),
        (arrays | {weight: arrays[weight].astype(int)}, "dtype int64"),
        (arrays | {weight: np.full((5, 4), np.nan)}, "network.encoder.0.weight holds NaN"),
        (arrays | {weight: arrays[weight].astype(np.float32)}, "does not fit together"),
        ({name: array for name, array in arrays.items() if name != weight}, "other names"),
        (arrays | {"extra": np.zeros(1)}, r"nothing refers to its arrays \['extra'\]"),
        ({}, "training_energy_|other names"),
    ]:
        write(path, manifest, forged)
        with pytest.raises(FileFormatError, match=message):
            load(path)


def test_tensors_that_are_no_safetensors(fitted, path):
    save(fitted, path)
    manifest, _ = manifest_and_arrays(path)
    write_archive(path, {MANIFEST: json.dumps(manifest).encode(), TENSORS: b"\xff" * 100})
    with pytest.raises(FileFormatError, match="damaged"):
        load(path)


def test_a_deeply_nested_manifest(path):
    text = b'{"format": "hinterland", "format_version": 1, "object": ' + b"[" * 200_000
    write_archive(path, {MANIFEST: text, TENSORS: safetensors.numpy.save({})})
    with pytest.raises(FileFormatError):
        load(path)


def test_an_encoder_that_makes_no_sense(path):
    save(TabularEncoder().fit(mixed()), path)
    manifest, arrays = manifest_and_arrays(path)
    edit(manifest, "state", "columns", 0, "kind", value="number!")
    write(path, manifest, arrays)
    with pytest.raises(
        FileFormatError, match=r"x\.hinterland' cannot be read: .*not the state of a TabularEncoder"
    ):
        load(path)


def test_a_failed_save_keeps_the_old_file(fitted, path):
    save(fitted, path)
    before = path.read_bytes()
    with pytest.raises(NotFittedError):
        save(DAGMM(), path)
    assert path.read_bytes() == before


# Descriptions


def test_describe(named, path):
    save(named, path)
    found = describe(path)
    assert json.loads(json.dumps(found)) == found
    assert found["bytes"] == path.stat().st_size
    assert found["format_version"] == 2
    assert found["library_version"] == hinterland.__version__
    assert found["torch_version"] == torch.__version__
    assert found["sklearn_version"] == sklearn.__version__
    assert (found["kind"], found["class"]) == ("detector", "DAGMM")
    assert found["parameters"]["hidden"] == [5]
    assert "on_epoch" in found["parameters"]
    assert found["fitted"]["offset_"] == named.offset_
    assert found["fitted"]["history_"] == named.history_
    assert found["fitted"]["feature_names_in_"] == ["a", "b", "größe", "$d"]
    assert found["fitted"]["training_energy_"] == {"shape": [60], "dtype": "float64"}
    network = found["fitted"]["models_"][0]["network"]
    assert (network["class"], network["settings"]["n_features"]) == ("Autoencoder", 4)


def test_describe_reads_the_manifest_alone(pipeline, path):
    save(pipeline, path)
    with zipfile.ZipFile(path) as file:
        start = file.getinfo(TENSORS).header_offset + 30 + len(TENSORS)
    content = bytearray(path.read_bytes())
    content[start + 20 : start + 40] = bytes(20)
    path.write_bytes(content)
    with pytest.raises(FileFormatError):
        load(path)
    found = describe(path)
    assert (found["kind"], [step["name"] for step in found["steps"]]) == (
        "pipeline",
        ["encode", "none", "detect"],
    )
    assert found["steps"][0]["state"]["columns"][2]["categories"][0] == "$tuple"
    assert found["steps"][2]["parameters"]["scaling"] is None


# Parts of one's own


def test_a_network_of_ones_own(path, monkeypatch):
    monkeypatch.setattr(
        NETWORKS, "_members", dict(NETWORKS.members())
    )  # whose shelf it leaves after the test

    class Doubled(Autoencoder, name="doubled_for_a_test"):
        """A network that hands its settings on, and holds a tensor that is no buffer."""

        def __init__(self, n_features, hidden=(3,), latent_dim=1, *, factor=2.0, **others):
            super().__init__(n_features, hidden, latent_dim, **others)
            self.settings["factor"] = factor
            self.factor = torch.tensor(factor, dtype=torch.float64)

        def forward(self, x):
            encoding = super().forward(x)
            return encoding._replace(latent=encoding.latent * self.factor.to(encoding.latent))

    detector = DAGMM(**SMALL, network="doubled_for_a_test", network_options={"factor": 3.0}).fit(NUMBERS)
    assert_same_detector(round_trip(detector, path), detector, NUMBERS)
    manifest, arrays = manifest_and_arrays(path)
    edit(manifest, *MODEL, "network", "$network", "settings", "wings", value=2)
    write(path, manifest, arrays)
    with pytest.raises(
        FileFormatError, match=r"a Doubled has no settings \['wings'\]; it has \['activation', 'factor'"
    ):
        load(path)


def test_what_cannot_be_loaded_is_not_saved(fitted, path):
    detector = copy.deepcopy(fitted)
    detector.models_[0].density.means[0, 0] = np.nan
    with pytest.raises(TypeError, match=r"model_ cannot be saved.*density\.means holds NaN"):
        save(detector, path)
    assert not path.exists()
