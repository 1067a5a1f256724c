import typing

import pytest

from hinterland.detectors import CANCE
from hinterland.training.history import PARTS, PLACES, Place, last_entries, lines, loss_names, losses

ENTRY = {"fit": 1, "member": 0, "stage": 2, "epoch": 3, "seconds": 0.5, "loss": 7.0, "jaccard": 0.9}


def test_what_is_no_place_is_a_loss():
    assert losses(ENTRY) == {"loss": 7.0, "jaccard": 0.9}
    assert set(PLACES) == set(typing.get_type_hints(Place)) == ENTRY.keys() - losses(ENTRY).keys()
    assert set(PARTS) < set(PLACES)


def test_names_of_losses_are_in_the_order_in_which_they_come():
    assert loss_names([{"epoch": 1, "b": 1.0}, {"epoch": 2, "a": 1.0, "b": 1.0}]) == ["b", "a"]
    assert loss_names([]) == []


def test_each_stage_of_each_member_of_each_fit_is_a_line():
    history = [
        {"fit": f, "member": m, "stage": s, "epoch": e}
        for f in (0, 1)
        for m in (0, 1)
        for s in (1, 2)
        for e in (1, 2)
    ]
    found = lines(history)
    assert len(found) == 8
    assert [entry["epoch"] for entry in found[0]] == [1, 2]
    assert found[-1] == history[-2:]


def test_the_last_entry_of_each_member_of_each_fit_counts():
    history = [{"fit": f, "stage": s, "epoch": 3 * s + f} for f in (0, 1) for s in (1, 2)]
    assert [entry["epoch"] for entry in last_entries(history)] == [6, 7]
    assert last_entries([{"epoch": 1}, {"epoch": 2}]) == [{"epoch": 2}]


def test_entries_without_parts_are_one_line():
    assert lines([{"epoch": 1.0}, {"epoch": 2.0}]) == [[{"epoch": 1.0}, {"epoch": 2.0}]]


@pytest.mark.parametrize("name", ["loss", "reconstruction", "latent_covariance", "contrast_of_rows"])
def test_a_detectors_history_has_its_losses(name, benign):
    detector = CANCE((4,), 1, steps=2, decoder_steps=1, contrastive_steps=2, random_state=0)
    history = detector.fit(benign[:60, :3]).history_
    assert name in loss_names(history)
    assert {"stage", "epoch", "seconds"} <= history[0].keys()
