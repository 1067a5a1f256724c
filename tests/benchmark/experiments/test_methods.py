import inspect
import json

import pytest

from hinterland.benchmark.experiments import methods as module
from hinterland.benchmark.experiments.methods import Method, method, methods
from hinterland.benchmark.experiments.protocols import protocols
from hinterland.detectors.base import Detector
from hinterland.detectors.catalogue import present_names


def test_detectors_are_found_without_being_named():
    found = {
        name for name, m in methods().items() if issubclass(m.make, Detector) and name == m.make.__name__
    }
    assert "DAGMM" in found
    assert all(name not in inspect.getsource(module) for name in found)


@pytest.mark.slow
def test_every_setting_is_an_argument_of_its_method():
    for name, m in methods().items():
        accepted = inspect.signature(m.make).parameters
        takes_any = any(p.kind is p.VAR_KEYWORD for p in accepted.values())
        for key, p in protocols().items():
            for subset in p.subsets():
                settings = m.settings(key, subset)
                assert takes_any or present_names(m.make, settings).keys() <= accepted.keys(), (name, key)
                json.dumps(settings)


def test_every_pattern_of_a_settings_file_fits_a_protocol():
    from fnmatch import fnmatchcase

    for name, m in methods().items():
        for pattern in (pattern for entry in m.entries for pattern in entry["protocols"]):
            bare = pattern.split("/")[0]
            assert any(fnmatchcase(key, bare) for key in protocols()), (name, pattern)


def test_the_first_matching_entry_counts():
    entries = (
        {"protocols": ["p/special"], "values": {"a": 1}},
        {"protocols": ["p*"], "values": {"a": 2}, "why": "w"},
    )
    m = Method("m", dict, entries=entries)
    assert m.settings("p", "special") == {"a": 1}
    assert m.settings("p", "other") == {"a": 2}
    assert m.why("p") == "w"
    assert m.settings("q") == {}


def test_kdd99_settings_are_the_papers():
    settings = method("DAGMM").settings("cadgmm-kdd99")
    detector = method("DAGMM").build(settings, seed=3)
    wanted = {"hidden": [60, 30, 10], "latent_dim": 1, "n_components": 4, "epochs": 200, "batch_size": 1024}
    assert {name: getattr(detector, name) for name in wanted} == wanted
    assert detector.random_state == 3
    assert detector.scaling is None  # the protocol scales


def test_settings_of_strangers_are_an_error(monkeypatch):
    monkeypatch.setattr(module, "_settings_files", lambda: {"DAGMN": {}})
    methods.cache_clear()
    with pytest.raises(ValueError, match="settings name methods that do not exist: DAGMN"):
        methods()
    monkeypatch.undo()
    methods.cache_clear()


def test_a_variant_is_another_method_with_values_over_its_settings(monkeypatch):
    monkeypatch.setattr(
        module,
        "_settings_files",
        lambda: {
            "IF": {
                "settings": [{"protocols": ["cadgmm-*"], "values": {"n_estimators": 7, "max_samples": 5}}]
            },
            "small IF": {"of": "IF", "with": {"n_estimators": 3}, "reported_as": ["tiny"]},
        },
    )
    found = methods.__wrapped__()
    assert found["small IF"].make is found["IF"].make
    assert found["small IF"].settings("cadgmm-kdd99") == {"n_estimators": 3, "max_samples": 5}
    assert found["small IF"].settings("quick-one-class") == {"n_estimators": 3}
    assert found["small IF"].is_reported_as("any", "tiny")
    assert found["IF"].settings("cadgmm-kdd99") == {"n_estimators": 7, "max_samples": 5}


def test_a_variant_has_its_methods_settings_but_for_what_its_own_say():
    base = method("DAGMM").settings("cadgmm-kdd99")
    variant = method("DAGMM-VQVAE").settings("cadgmm-kdd99")
    assert variant == {**base, "epochs": 60, "validation_share": 0.0, "network": "vqvae"}
    assert base["epochs"] == 200
    assert method("DAGMM-VQVAE").settings("adbench-one-class") == {"network": "vqvae"}
    assert method("DAGMM-VQVAE").why("cadgmm-kdd99") != method("DAGMM").why("cadgmm-kdd99")


def test_values_by_subset_stand_over_those_of_their_entry():
    sweep = {p: method("DEUAD").settings("deuad-mnist-p-sweep", f"p={p}%") for p in (5, 50)}
    assert (sweep[5]["p"], sweep[50]["p"]) == (0.05, 0.5)
    assert {**sweep[5], "p": 0.5, "p0": 0.55} == sweep[50]


def test_every_method_can_be_named_in_a_list_with_commas():
    assert not [name for name in methods() if "," in name]


def test_a_variant_of_a_variant_stands_over_both():
    settings = method("CADGMM (batch graph; 7 neighbours)").settings("cadgmm-satellite")
    assert (settings["graph"], settings["n_neighbors"], settings["epochs"]) == ("batch", 7, 100)
    plain = method("CADGMM").settings("cadgmm-satellite")
    assert {**plain, "graph": "batch", "n_neighbors": 7, "epochs": 100} == settings
    assert method("CADGMM (7 neighbours)").settings("cadgmm-kdd99")["epochs"] == 10
    assert "100 epochs" in method("CADGMM (7 neighbours)").why("cadgmm-satellite")
