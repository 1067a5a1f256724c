"""Models in files: an ensemble with all its members as one node, and nodes that make no model."""

import json

import numpy as np
import pytest
import safetensors.numpy

from hinterland import DeepMixture
from hinterland.errors import FileFormatError
from hinterland.persistence import MANIFEST, TENSORS, describe, load
from hinterland.persistence.archive import open_archive, write_archive

ROWS = np.random.default_rng(0).normal(size=(60, 3))


@pytest.fixture(scope="module")
def fitted() -> DeepMixture:
    return DeepMixture(2, n_components=2, hidden=(3,), steps=3, random_state=0).fit(ROWS)


@pytest.fixture
def path(fitted, tmp_path):
    fitted.save(tmp_path / "m")
    return tmp_path / "m"


def altered(path, alter):
    """Rewrite a file with its model's node, and its arrays, altered, and valid digests."""
    with open_archive(path, (MANIFEST, TENSORS)) as archive:
        manifest, arrays = json.loads(archive.read(MANIFEST)), safetensors.numpy.load(archive.read(TENSORS))
    alter(manifest["object"]["fitted"]["model_"]["$model"], arrays)
    write_archive(path, {MANIFEST: json.dumps(manifest).encode(), TENSORS: safetensors.numpy.save(arrays)})


def test_an_ensemble_is_one_node_and_its_members_are_described_as_models(fitted, path):
    loaded = load(path)
    np.testing.assert_array_equal(loaded.energy(ROWS), fitted.energy(ROWS))
    assert [type(model).__name__ for model in loaded.models_] == ["EnergyModel"] * 2
    found = describe(path)
    assert found["format_version"] == 2
    first, second = found["fitted"]["models_"]
    assert first["class"] == second["class"] == "EnergyModel"
    assert first["network"]["class"] == "Autoencoder"


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda node, _: node.update({"class": "Chain"}), "no model here is called 'Chain'"),
        (lambda node, _: node.update({"class": "EnergyModel"}), "a model is built with"),
        (lambda node, _: node.update(more=1), "a model has a class, arguments and tensors"),
        (lambda node, _: node["arguments"].update(members=[]), "at least one member"),
        (lambda node, _: node["arguments"].update(members=["a", "b"]), "does not fit together"),
        (lambda node, _: node["arguments"].update(members=[1] * 2000), "more than 1000 entries"),
        (
            lambda node, _: node["arguments"].update(members=node["arguments"]["members"][:1]),
            "nothing refers to",
        ),
        (lambda node, _: node["arguments"].update(weights=[1.0]), "one for each of the 2 members"),
        (lambda node, _: node["arguments"].update(weights=[1.0, -1.0]), "weights must be"),
        (
            lambda node, _: node["arguments"]["members"][0]["$model"]["arguments"].update(view="keyhole"),
            "view must be one of",
        ),
        (
            lambda node, _: node["arguments"]["members"][0]["$model"].update({"class": "DeepMixture"}),
            "no model here is called",
        ),
        (lambda _, arrays: arrays.pop("model_.members.0.scaling.scale"), "other names"),
    ],
)
def test_nodes_that_make_no_model_are_refused(path, alter, message):
    altered(path, alter)
    with pytest.raises(FileFormatError, match=message):
        load(path)
