"""A folder's results: those of each table alone, each whole, none twice, none mixed."""

from __future__ import annotations

import os
import random
import signal
import time
import uuid
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hinterland.decide import select
from hinterland.detectors import DAGMM
from hinterland.errors import TableError
from hinterland.pipeline import table_pipeline
from hinterland.scoring import TableScorer
from hinterland.scoring.folder import FolderScorer
from hinterland.tables import open_table
from hinterland.tables.folder.files import Shard, result_name

from .conftest import NAMES, rows, write

pytestmark = pytest.mark.filterwarnings("ignore:.*columns are separated by tabs")


def scored(model: Any, source: Any, target: Any, **options: Any) -> dict[str, str]:
    """Run, and give the state of each table."""
    return {outcome.name: outcome.state for outcome in FolderScorer(model, source, target, **options).run()}


def results(target: Path) -> dict[str, bytes]:
    """Content of all results by name."""
    return {
        path.relative_to(target).as_posix(): path.read_bytes()
        for path in sorted(target.rglob("*"))
        if path.is_file() and "_hinterland" not in path.parts
    }


def test_each_result_is_that_of_its_table_alone(model, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    assert scored(model, source, target) == dict.fromkeys(NAMES, "scored")
    assert sorted(results(target)) == ["a.csv", "b/c.parquet", "b/d.csv", "e.tsv"]
    for name in NAMES:
        expected = pa.concat_tables(TableScorer(model, open_table(source / name)).batches())
        found = open_table(target / result_name(name)).read()
        assert (
            found.column_names
            == expected.column_names
            == ["size", "weight", "energy", "label", "top_features"]
        )
        np.testing.assert_array_equal(found["energy"].to_numpy(), expected["energy"].to_numpy())
        assert found["label"].to_pylist() == expected["label"].to_pylist()


def test_what_is_there_stays_and_what_lacks_is_made(model, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    scored(model, source, target)
    before = results(target)
    (target / "e.tsv").unlink()
    (
        target / "_hinterland/done/b/c.parquet.json"
    ).unlink()  # as a kill between a result and its record leaves it
    states = scored(model, source, target)
    assert states == {"a.csv": "there", "b/c.parquet": "scored", "b/d.csv.gz": "there", "e.tsv": "scored"}
    assert results(target) == before


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"size": 1}'])
def test_a_record_that_says_nothing_counts_as_none(
    model, source: Path, tmp_path: Path, broken: bytes
) -> None:
    target = tmp_path / "out"
    scored(model, source, target)
    (target / "_hinterland/done/a.csv.json").write_bytes(broken)
    assert scored(model, source, target)["a.csv"] == "scored"


def test_a_changed_table_is_scored_again_and_said(model, source: Path, tmp_path: Path) -> None:
    target = tmp_path / "out"
    scored(model, source, target)
    write(rows(30, 9), source / "a.csv")
    outcomes = {outcome.name: outcome for outcome in FolderScorer(model, source, target).run()}
    assert outcomes["a.csv"].state == "scored"
    assert "has changed since it was scored" in outcomes["a.csv"].message
    assert outcomes["a.csv"].n_rows == 30
    assert outcomes["e.tsv"].state == "there"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"top": 1}, "top was '3' and is now '1'"),
        ({"keep": ["size"]}, "keep was '\"all\"' and is now"),
        ({"fdr": 0.1}, "fdr was 'null' and is now '0.1'"),
        ({"explained": "none"}, "explained was"),
        ({"made_by": "another"}, "model was '[0-9a-f]{16}' and is now 'another'"),
    ],
)
def test_results_of_another_model_or_of_other_options_are_not_mixed(
    model, source: Path, tmp_path: Path, changed: dict[str, Any], message: str
) -> None:
    target = tmp_path / "out"
    scored(model, source, target)
    before = results(target)
    with pytest.raises(TableError, match=message):
        scored(model, source, target, **changed)
    assert results(target) == before


def test_another_fit_is_another_model(model, source: Path, tmp_path: Path) -> None:
    scored(model, source, tmp_path / "out")
    small = DAGMM(hidden=(4,), epochs=1, steps=5, random_state=1, scaling=None)
    with pytest.raises(TableError, match="they are not mixed: model was"):
        scored(table_pipeline(small).fit(rows(100, 0)), source, tmp_path / "out")


def test_a_folder_with_other_files_is_left_alone(model, source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.csv").write_text("mine")
    with pytest.raises(TableError, match=r"holds files that are no results, such as 'a.csv'"):
        scored(model, source, tmp_path / "out")
    assert results(tmp_path / "out") == {"a.csv": b"mine"}


def test_a_bad_table_is_named_with_row_and_column_and_loses_no_other(
    model, source: Path, tmp_path: Path
) -> None:
    (source / "bad.csv").write_text("size,weight\n1,2\n3,heavy\n")
    (source / "empty.parquet").write_bytes(b"")
    (source / "lacks.csv").write_text("size\n1\n")
    outcomes = {outcome.name: outcome for outcome in FolderScorer(model, source, tmp_path / "out").run()}
    failed = {name: outcome.message for name, outcome in outcomes.items() if outcome.state == "failed"}
    assert failed.keys() == {"bad.csv", "empty.parquet", "lacks.csv"}
    assert "'weight': row 2 has 'heavy'" in failed["bad.csv"]
    assert "is empty" in failed["empty.parquet"]
    assert "'weight'" in failed["lacks.csv"]
    assert sorted(results(tmp_path / "out")) == ["a.csv", "b/c.parquet", "b/d.csv", "e.tsv"]
    (source / "bad.csv").write_text("size,weight\n1,2\n3,4\n")
    assert scored(model, source, tmp_path / "out")["bad.csv"] == "scored"


def test_shards_make_together_what_one_process_makes(model, source: Path, tmp_path: Path) -> None:
    scored(model, source, tmp_path / "whole")
    parts = [scored(model, source, tmp_path / "parts", shard=Shard(i, 3)) for i in (3, 1, 2)]
    assert sorted(name for part in parts for name in part) == sorted(NAMES)
    assert results(tmp_path / "parts") == results(tmp_path / "whole")


def test_rows_are_selected_over_the_whole_folder(model, source: Path, tmp_path: Path) -> None:
    scorer = FolderScorer(model, source, tmp_path / "out", fdr=0.1)
    assert {outcome.state for outcome in scorer.run()} == {"scored"}
    whole = pd.concat([open_table(source / name).read().to_pandas() for name in NAMES], ignore_index=True)
    expected = select(model, whole, 0.1)
    found = pa.concat_tables(open_table(tmp_path / "out" / result_name(name)).read() for name in NAMES)
    np.testing.assert_array_equal(found["flagged"].to_numpy(), expected.flagged)
    assert expected.n_flagged > 40
    assert scorer.rule is not None
    assert scorer.rule.n_rows == len(whole)


def test_a_selection_goes_on_and_notices_that_the_folder_has_grown(
    model, source: Path, tmp_path: Path
) -> None:
    scored(model, source, tmp_path / "out", fdr=0.1)
    assert set(scored(model, source, tmp_path / "out", fdr=0.1).values()) == {"there"}
    write(rows(400, 9), source / "new.csv")
    outcomes = list(FolderScorer(model, source, tmp_path / "out", fdr=0.1).run())
    assert {outcome.state for outcome in outcomes} == {"scored"}
    assert all("selection over the folder is another" in outcome.message for outcome in outcomes[:4])


def test_a_bad_table_is_no_part_of_a_selection(model, source: Path, tmp_path: Path) -> None:
    (source / "bad.csv").write_text("size,weight\n3,heavy\n")
    scorer = FolderScorer(model, source, tmp_path / "out", fdr=0.1)
    states = [outcome.state for outcome in scorer.run()]
    assert sorted(states) == ["failed", "scored", "scored", "scored", "scored"]
    assert scorer.rule is not None
    assert scorer.rule.n_rows == 206


def test_shards_select_nothing(model, source: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a shard sees its own alone"):
        FolderScorer(model, source, tmp_path / "out", fdr=0.1, shard=Shard(1, 2))


def test_a_column_that_the_path_names_reaches_a_model_that_has_it(tmp_path: Path) -> None:
    frame = rows(200, 0).assign(year=np.arange(200) % 2 + 2023, city=np.where(np.arange(200) % 3, "x", "y"))
    small = DAGMM(hidden=(4,), epochs=1, steps=5, random_state=0, scaling=None)
    model = table_pipeline(small).fit(frame)
    for (year, city), part in frame.groupby(["year", "city"]):
        kind = "csv" if city == "x" else "parquet"
        write(part.drop(columns=["year", "city"]), tmp_path / f"in/year={year}/city={city}/day=1/p.{kind}")
    assert set(scored(model, tmp_path / "in", tmp_path / "out").values()) == {"scored"}
    for (year, city), part in frame.groupby(["year", "city"]):
        kind = "csv" if city == "x" else "parquet"
        found = open_table(tmp_path / f"out/year={year}/city={city}/day=1/p.{kind}").read()
        assert found.column_names == ["size", "weight", "energy", "label", "top_features"]
        np.testing.assert_allclose(found["energy"].to_numpy(), -model.score_samples(part), rtol=1e-9)


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_addresses_give_the_same_results(model, source: Path, tmp_path: Path, kind: str) -> None:
    scored(model, source, tmp_path / "here")
    place = f"file://{tmp_path}/there" if kind == "file" else f"memory://{uuid.uuid4()}"
    files, root = fsspec.core.url_to_fs(place)
    files.put(str(source), f"{root}/in", recursive=True)
    assert set(scored(model, f"{place}/in", f"{place}/out").values()) == {"scored"}
    assert set(scored(model, f"{place}/in", f"{place}/out").values()) == {"there"}
    for name, content in results(tmp_path / "here").items():
        assert files.cat_file(f"{root}/out/{name}") == content


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that can be forked and killed")
def test_a_process_that_is_killed_at_any_moment_tears_nothing_and_is_resumed(model, tmp_path: Path) -> None:
    for place in range(12):
        write(rows(300, place), tmp_path / f"in/{place}.{'csv' if place % 2 else 'parquet'}")
    begun = time.perf_counter()
    scored(model, tmp_path / "in", tmp_path / "whole")
    whole, seconds = results(tmp_path / "whole"), time.perf_counter() - begun
    moments, cut = random.Random(0), 0
    for _ in range(8):
        child = os.fork()
        if child == 0:
            try:
                scored(model, tmp_path / "in", tmp_path / "out")
            finally:
                os._exit(0)
        time.sleep(moments.uniform(0, seconds / 3))
        os.kill(child, signal.SIGKILL)
        cut += os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        there = {name: whole_file for name, whole_file in results(tmp_path / "out").items() if name[0] != "."}
        assert there.items() <= whole.items()
    assert cut >= 2
    scored(model, tmp_path / "in", tmp_path / "out")
    assert results(tmp_path / "out") == whole
