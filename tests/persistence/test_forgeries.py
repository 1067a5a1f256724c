"""Files that somebody means: with valid digests, and contents that are to run, to allocate or to mislead."""

import copy
import json
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from hinterland import persistence
from hinterland.detectors import CANCE, DAGMM, PositiveUnlabelled
from hinterland.errors import FileFormatError
from hinterland.persistence import MANIFEST, TENSORS, describe, save
from hinterland.persistence.archive import open_archive, write_archive

resource = pytest.importorskip("resource")  # limits are POSIX
FILES = Path(__file__).parent / "files"
ROWS = np.sin(np.outer(np.arange(1, 61), [1.0, 2.3, 3.7, 0.2]))
PARAMETERS = ("parameters",)
MODEL = ("fitted", "models_", 0, "$model", "arguments")
NETWORK = (*MODEL, "network", "$network", "settings")
DENSITY = (*MODEL, "density", "$density", "settings")
COLUMN = ("steps", 0, "state", "columns")
HUGE = [
    {"$network": {"class": "Autoencoder", "settings": {"n_features": 20_000, "hidden": [20_000]}}},
    {"$density": {"class": "GaussianMixture", "settings": {"n_features": 10_000, "n_components": 8}}},
    {"$scaling": {"class": "InputScaling", "settings": {"n_features": 10**9}}},
    {"$model": {"arguments": {}, "tensors": "x"}},
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.hinterland"


def contents(name):
    with open_archive(FILES / f"{name}.hinterland", (MANIFEST, TENSORS)) as archive:
        return json.loads(archive.read(MANIFEST)), safetensors.numpy.load(archive.read(TENSORS))


def forge(path, name, *keys, value=None, arrays=None):
    """Write a file with one value of the manifest replaced, or added, and some of the arrays."""
    manifest, found = contents(name)
    node = manifest["object"]
    for key in keys[:-1]:
        node = node[key]
    if keys:
        node[keys[-1]] = value
    write_archive(
        path,
        {
            MANIFEST: json.dumps(manifest).encode(),
            TENSORS: safetensors.numpy.save({**found, **(arrays or {})}),
        },
    )
    return path


def load(path):
    """Load a file, in no more than half a gigabyte and some seconds."""
    limits, started = resource.getrlimit(resource.RLIMIT_AS), time.process_time()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2**29, limits[1]))
    try:
        return persistence.load(path)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, limits)
        assert time.process_time() - started < 5


# Places and code


def test_no_cache_of_a_file_is_used(path, tmp_path):
    place = tmp_path / "cache"
    forge(path, "cance", *PARAMETERS, "memory", value=str(place))
    with pytest.warns(UserWarning, match="memory of a CANCE, which is not taken from a file"):
        loaded = load(path)
    assert loaded.memory is None
    loaded.set_params(steps=1, contrastive_steps=1).fit(ROWS)
    assert not place.exists()


def test_no_cache_is_written_into_a_file(path, tmp_path):
    detector = CANCE(
        hidden=(3,), steps=1, decoder_steps=0, contrastive_steps=1, memory=str(tmp_path / "cache")
    ).fit(ROWS)
    save(detector, path)
    assert "memory" not in describe(path)["parameters"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(path).memory is None


@pytest.mark.parametrize(
    "inner",
    [
        {"detector": "CANCE", "detector_options": {"memory": "/tmp/place"}},
        {"detector": {"$detector": {"class": "CANCE", "parameters": {"memory": "/tmp/place"}}}},
        {
            "detector": "ContrastiveScorer",
            "detector_options": {"detector": "CANCE", "detector_options": {"memory": "x"}},
        },
    ],
    ids=["by name", "an instance", "deep"],
)
def test_nor_that_of_a_detector_inside(path, inner):
    manifest, _ = contents("positive_unlabelled")
    forge(path, "positive_unlabelled", "parameters", value=manifest["object"]["parameters"] | inner)
    with pytest.warns(UserWarning, match="not taken from a file"):
        loaded = load(path)
    assert "place" not in repr(loaded.get_params(deep=True))
    assert "'memory': 'x'" not in repr(loaded.detector_options)


def test_a_pipeline_has_no_cache(path):
    forge(path, "scaled", *PARAMETERS, "memory", value="/tmp/place")
    with pytest.raises(FileFormatError, match=r"transform_input and verbose of a Pipeline, got.*memory"):
        load(path)


@pytest.mark.parametrize(
    ("name", "keys", "value", "message"),
    [
        ("dagmm", ("on_epoch",), 5, "a file holds no callbacks"),
        ("dagmm", ("device",), "/dev/sda", "device must name one that torch has .* got '/dev/sda'"),
        ("dagmm", ("memory",), "/tmp/place", "unexpected keyword argument 'memory'"),
        ("dagmm", ("n_threads",), -1, "n_threads must be an integer from 1 to 256, got -1"),
        ("dagmm", ("n_threads",), 100_000, "n_threads must be an integer from 1 to 256, got 100000"),
        ("dagmm", ("contamination",), 2, "contamination must be a number"),
        ("dagmm", ("hidden",), [1] * 101, "at most 100 layer widths, got 101"),
        ("dagmm", ("learning_rate",), 10**400, "learning_rate must be a number"),
        ("dagmm", ("random_state",), -1, "random_state|Seed"),
        ("dagmm", ("network_options",), {"wings": 2}, "wings"),
        ("dagmm", ("scaling",), "x" * 10**6, "scaling must be one of"),
        ("deuad", ("clustering",), "os.system", "clustering"),
        ("cadgmm", ("graph",), ["batch"], "graph must be one of"),
        ("positive_unlabelled", ("detector",), "os.system", "no detector is called 'os.system'"),
        ("contrastive_scorer", ("detector_options",), {"epochs": -1}, "epochs must be an integer"),
    ],
    ids=str,
)
def test_parameters_are_checked_as_fit_checks_them(path, name, keys, value, message):
    forge(path, name, *PARAMETERS, *keys, value=value)
    with pytest.raises(FileFormatError, match=message) as caught:
        load(path)
    assert len(str(caught.value)) < 5_000


# Sizes


@pytest.mark.parametrize("node", HUGE, ids=lambda node: next(iter(node)))
@pytest.mark.parametrize(
    "keys", [("parameters", "network_options"), ("fitted", "history_"), ("fitted", "wide_")], ids=str
)
def test_parts_are_built_inside_of_models_alone(path, node, keys):
    forge(path, "dagmm", *keys, value=node)
    with pytest.raises(FileFormatError, match="there is no kind of value called"):
        load(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "keys", "value", "message"),
    [
        ("dagmm", (*NETWORK, "hidden"), [1] * 100_000, "have more than 1000 entries"),
        ("dagmm", (*NETWORK, "hidden"), [1] * 900, "at most 100 layer widths"),
        ("dagmm", (*NETWORK, "hidden"), [10**9] * 50, "other names|expected"),
        ("dagmm", (*NETWORK, "generator"), 1, "has no settings"),
        ("dagmm", (*NETWORK, "n_features"), 4.0, "n_features must be an integer"),
        ("dagmm", (*DENSITY, "n_components"), 10**9, "expected"),
        ("dagmm", (*DENSITY, "covariance_floor"), {"$float": "nan"}, "covariance_floor must be"),
        ("cadgmm", (*NETWORK, "batch_rows"), 0, "batch_rows must be an integer of at least 1, got 0"),
        ("cadgmm", (*NETWORK, "n_reference"), 10**12, "expected"),
        ("cadgmm_batch", (*NETWORK, "n_neighbors"), 10**6, "choose fewer neighbours"),
        ("cadgmm_batch", (*NETWORK, "heads"), 10**9, "heads must divide"),
        ("dagmm_vqvae", (*NETWORK, "n_codes"), 10**12, "expected"),
        ("dagmm_convolutional", (*NETWORK, "shape"), [1, "2", 2], "shape must be"),
        ("dagmm_vae_laplacian", (*NETWORK, "kl_weight"), "x", "kl_weight must be"),
        ("dagmm", (*MODEL, "view"), "keyhole", "view must be one of"),
        ("dagmm", (*MODEL, "network"), None, "the network of a model must be a network"),
        ("dagmm", (*MODEL, "score"), {"$network": {}}, "the score of a model must be a score"),
        ("dagmm", (*MODEL, "wings"), 2, "a model is built with"),
    ],
    ids=str,
)
def test_settings_are_checked_before_anything_is_built(path, name, keys, value, message):
    forge(path, name, *keys, value=value)
    with pytest.raises(FileFormatError, match=message):
        load(path)


def test_more_neighbours_than_there_are_rows_take_no_memory(path):
    forge(path, "cadgmm", *NETWORK, "n_neighbors", value=10**9)
    assert np.isfinite(load(path).energy(ROWS)).all()


# Finite and fitting


WEIGHT = "models_.0.network.encoder.0.weight"


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    "name", ["training_energy_", "calibration_energy_", "references_", WEIGHT, "models_.0.scaling.center"]
)
def test_what_is_not_finite_is_refused(path, name, wrong):
    array = contents("dagmm")[1][name].copy()
    array.reshape(-1)[-1] = wrong
    forge(path, "dagmm", arrays={name: array})
    with pytest.raises(FileFormatError, match=r"holds NaN or infinity"):
        load(path)


@pytest.mark.slow
@pytest.mark.parametrize("of", ["cadgmm_batch", "cadgmm", "deep_mixture", "positive_unlabelled"])
def test_in_every_kind_of_model(path, of):
    arrays = contents(of)[1]
    for name in sorted(arrays):
        if name.startswith("models_.0.") and arrays[name].dtype.kind == "f" and arrays[name].size:
            forge(path, of, arrays={name: np.full_like(arrays[name], np.nan)})
            with pytest.raises(FileFormatError, match="holds NaN"):
                load(path)


@pytest.mark.parametrize(
    ("of", "name", "value", "message"),
    [
        ("dagmm", "models_.0.scaling.scale", 0.0, "scales that are not above 0"),
        ("dagmm", "models_.0.density.weights", -1.0, "no shares"),
        ("dagmm_vae_laplacian", "models_.0.density.scales", 0.0, "scales that are not above 0"),
        ("cance", "models_.0.density.scale", -1.0, "deviations that are not above 0"),
        ("positive_unlabelled", "models_.0.density.labelling_rate", 0.0, "labelling rate not above 0"),
        ("dagmm", "models_.0.network.decoder.2.weight", 1e300, "gives a row no finite energy"),
        ("dagmm", "training_energy_", None, r"training_energy_ has shape \(0,\)"),
    ],
)
def test_what_no_fit_stores_is_refused(path, of, name, value, message):
    manifest, arrays = contents(of)
    array = np.full_like(arrays[name], value) if value is not None else np.zeros(0)
    keys = {"keys": ()}
    if value is None:
        node = manifest["object"]["fitted"][name] | {
            "$array": {"name": name, "shape": [0], "dtype": "float64"}
        }
        forge(path, of, "fitted", name, value=node, arrays={name: array})
    else:
        forge(path, of, *keys["keys"], arrays={name: array})
    with pytest.raises(FileFormatError, match=message):
        load(path)


def test_energies_that_overflow_on_a_row_are_an_error_and_no_nan():
    detector = load(FILES / "deep_mixture.hinterland")
    detector.models_[0].network.encoder[0].weight.data.fill_(1e300)
    with pytest.raises(ValueError, match=r"no energy \(NaN; first rows: 0, "):
        detector.energy(ROWS)


def test_an_encoder_and_a_detector_that_do_not_match(path):
    scaler = StandardScaler().fit(ROWS[:, :3])
    detector = load(FILES / "deep_mixture.hinterland")
    save(Pipeline([("scale", scaler), ("detect", detector)]), path)
    with pytest.raises(
        FileFormatError, match="that gives 3 columns is followed by a DeepMixture that takes 4"
    ):
        load(path)


@pytest.mark.parametrize("of", ["table"])
def test_nor_do_those_of_two_files(path, of):
    encoder, detector = load(FILES / f"{of}.hinterland")[0], load(FILES / "cance.hinterland")
    detector = copy.deepcopy(detector)
    save(Pipeline([("encode", encoder), ("detect", detector)]), path)
    with pytest.raises(FileFormatError, match=r"that gives \d+ columns is followed by a CANCE that takes 4"):
        load(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("of", "keys", "value", "message"),
    [
        ("scaled", ("steps", 0, "fitted", "n_features_in_"), 10**12, "of a scaler of 1000000000000 columns"),
        ("scaled", ("steps", 0, "fitted", "mean_"), None, "a StandardScaler holds no mean_"),
        ("scaled", ("steps", 0, "parameters", "with_mean"), "x", "with_mean"),
        ("scaled", ("steps", 0, "name"), "a__b", "a__b"),
        ("scaled", ("steps", 0, "name"), "detect", "not unique"),
        ("scaled", ("steps", 0, "output"), "os.system", "output is 'os.system'"),
        ("scaled", ("steps",), [], "from 1 to 100 steps"),
        ("scaled", ("parameters", "verbose"), 7, "verbose must be one of"),
        ("dagmm", ("fitted", "feature_names_in_"), {"$text": ["a", "b", "c", "c"]}, "texts that differ"),
        ("dagmm", ("fitted", "n_features_in_"), True, "n_features_in_ must be an integer"),
        ("dagmm", ("fitted", "history_"), [{"loss": "x"}], "history_ has another form"),
        ("dagmm", ("wings",), 2, "a detector holds"),
        ("dagmm", ("parameters",), [], "the parameters of a detector"),
        ("pictures", ("state", "shape"), [10**9, 2.5, "x"], "state of a PictureEncoder"),
        ("pictures", ("state", "shape"), {"$tuple": [2, 2, 3]}, "which size and colour do not give"),
        ("pictures", ("state", "params", "size"), 2**16, "size must be of at most"),
        ("components", ("steps", 0, "state", "params", "n_components"), -1, "n_components must be"),
        ("table", (*COLUMN, 0, "scale"), 0.0, "scale of column 0 is 0.0, expected a number above 0"),
        ("table", (*COLUMN, 0, "tail"), -1.0, "tail of column 0 is -1.0"),
        ("table", (*COLUMN, 0, "center"), 1e308, "center of column 0 is 1e.308, which is beyond"),
        (
            "table",
            (*COLUMN, 2, "categories"),
            ["ftp", "ftp"],
            "categories of column 2 must be there, and differ",
        ),
        (
            "table",
            (*COLUMN, 4, "zone"),
            "Mars/Olympus",
            "zone of column 4 is 'Mars/Olympus', and there is no such",
        ),
        ("table", (*COLUMN, 4, "seconds", "typical"), 1e25, "OverflowError|no seconds of a moment"),
    ],
    ids=str,
)
def test_parts_that_do_not_fit(path, of, keys, value, message):
    forge(path, of, *keys, value=value)
    with pytest.raises(FileFormatError, match=message):
        load(path)


def test_constants_that_are_no_json_are_refused(path):
    manifest, arrays = contents("dagmm")
    text = json.dumps(manifest).replace(repr(manifest["object"]["fitted"]["offset_"]), "NaN")
    write_archive(path, {MANIFEST: text.encode(), TENSORS: safetensors.numpy.save(arrays)})
    for read in (load, describe):
        with pytest.raises(FileFormatError, match="holds NaN, which is no JSON"):
            read(path)


def test_messages_have_an_end_and_do_not_steer_a_terminal(path):
    for value in ("\x1b[31m" * 10, "x" * 10**6):
        forge(path, "dagmm", "class", value=value)
        with pytest.raises(FileFormatError) as caught:
            load(path)
        assert len(str(caught.value)) < 5_000
        assert "\x1b" not in str(caught.value)


def test_prefit_detectors_can_be_loaded(path):
    inner = DAGMM(hidden=(3,), epochs=2, steps=3, n_components=2, estimation_hidden=(3,), random_state=0)
    from hinterland.detectors import ContrastiveScorer

    outer = ContrastiveScorer(inner.fit(ROWS), prefit=True, score_hidden=(3,), contrastive_steps=2).fit(ROWS)
    save(outer, path)
    np.testing.assert_array_equal(load(path).energy(ROWS), outer.energy(ROWS))


def test_an_inner_detector_with_a_wrong_parameter_is_found_before_training():
    with pytest.raises(ValueError, match="epochs must be an integer of at least 1, got 0"):
        PositiveUnlabelled("DAGMM", {"epochs": 0}).fit(ROWS, np.ones(60, int))
