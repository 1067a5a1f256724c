from hinterland.training.staged_history import StagedHistory


def test_epochs_and_seconds_go_on_counting_and_each_entry_has_its_stage():
    seen = []
    history = StagedHistory(seen.append)
    first = history.stage(1)
    first({"epoch": 2, "seconds": 0.5, "loss": 9.0})
    first({"epoch": 4, "seconds": 1.0, "loss": 8.0})
    second = history.stage(2)
    second({"epoch": 3, "seconds": 0.25, "loss": 7.0})
    second({"epoch": 6, "seconds": 0.5, "loss": 6.0})
    assert [entry["epoch"] for entry in history.entries] == [2, 4, 7, 10]
    assert [entry["seconds"] for entry in history.entries] == [0.5, 1.0, 1.25, 1.5]
    assert [entry["stage"] for entry in history.entries] == [1, 1, 2, 2]
    assert [entry["loss"] for entry in history.entries] == [9.0, 8.0, 7.0, 6.0]
    assert seen == history.entries


def test_nobody_need_listen():
    history = StagedHistory(None)
    history.stage(1)({"epoch": 1, "seconds": 0.1})
    assert len(history.entries) == 1


def test_stages_of_before_are_told_again_and_counted_on():
    before = StagedHistory(None)
    before.stage(1)({"epoch": 3, "seconds": 0.5})
    seen = []
    history = StagedHistory(seen.append)
    history.repeat(before.entries)
    history.stage(2)({"epoch": 2, "seconds": 0.1})
    assert seen == history.entries
    assert [entry["epoch"] for entry in seen] == [3, 5]
    assert history.entries[0] is not before.entries[0]
