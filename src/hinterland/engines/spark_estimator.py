"""A detector in pyspark.ml's manners: ``AnomalyDetector``, an Estimator, and ``AnomalyModel``, what it fits."""

from __future__ import annotations

import functools
import pickle
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hinterland import persistence
from hinterland.detectors.catalogue import DEFAULT_DETECTOR
from hinterland.engines import fitting, spark
from hinterland.errors import FileFormatError, MissingExtraError, TableError
from hinterland.pipeline import encoder_and_detector, table_pipeline
from hinterland.scoring import BatchScorer

try:
    from pyspark import keyword_only
    from pyspark.ml import Estimator, Model
    from pyspark.ml.functions import vector_to_array
    from pyspark.ml.param import Param, Params, TypeConverters
    from pyspark.ml.param.shared import HasFeaturesCol, HasInputCols, HasPredictionCol
    from pyspark.ml.util import (
        DefaultParamsReadable,
        DefaultParamsReader,
        DefaultParamsWritable,
        DefaultParamsWriter,
        MLReadable,
        MLReader,
        MLWritable,
        MLWriter,
    )
    from pyspark.sql import DataFrame, functions
    from pyspark.sql.pandas.functions import arrow_udf
    from pyspark.sql.pandas.types import to_arrow_schema
except ImportError as error:
    raise MissingExtraError("pyspark", "spark", "hinterland.engines.spark_estimator") from error

SCORED = "energy double, prediction double"


class _Columns(HasInputCols, HasFeaturesCol, HasPredictionCol):
    """Which columns are read, and what those that are added are called."""

    energyCol: Param[str] = Param(  # noqa: N815 - as pyspark.ml has names
        Params._dummy(), "energyCol", "name of the column of energies, in nats", TypeConverters.toString
    )

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(energyCol="energy", predictionCol="prediction", featuresCol="features")

    def _input(self, frame: DataFrame) -> DataFrame:
        """The columns that a model reads: those of ``inputCols``, or the entries of ``featuresCol`` as x0, x1, ..."""
        if self.isSet(self.inputCols):
            return frame.select(*map(spark._quoted, self.getInputCols()))
        entries = _entries(frame, self.getFeaturesCol())
        first = frame.select(entries.alias("entries")).first()
        if first is None or first.entries is None:
            raise TableError(
                f"column {self.getFeaturesCol()!r} has no first row to learn the number of features of"
            )
        return frame.select(*(entries[j].alias(f"x{j}") for j in range(len(first.entries))))


class AnomalyDetector(
    Estimator["AnomalyModel"], _Columns, DefaultParamsReadable["AnomalyDetector"], DefaultParamsWritable
):
    """Fits a detector behind an encoder of mixed columns: ``fit(frame)`` gives an ``AnomalyModel``.

    Parameters
    ----------
    inputCols : names of the columns to read, of numbers, text, truth values or times; if given, there is no
        ``featuresCol``.
    featuresCol : a column of vectors or of arrays of numbers, all of one length.
    detector : name of one, see ``hinterland detectors``.
    settings : its parameters by name, plain values.
    sampleRows : as for ``hinterland.engines.fitting.fit``.
    energyCol, predictionCol : what the columns that a model adds are called: energies in nats, and 1 for an anomaly,
        else 0.
    """

    detector: Param[str] = Param(Params._dummy(), "detector", "name of a detector", TypeConverters.toString)
    settings: Param[dict[str, Any]] = Param(Params._dummy(), "settings", "its parameters by name")
    sampleRows: Param[int] = Param(  # noqa: N815
        Params._dummy(), "sampleRows", "rows that networks are trained on", TypeConverters.toInt
    )

    _input_kwargs: dict[str, Any]  # what keyword_only was given

    @keyword_only
    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        featuresCol: str = "features",
        detector: str = DEFAULT_DETECTOR,
        settings: dict[str, Any] | None = None,
        sampleRows: int = fitting.SAMPLE_ROWS,
        energyCol: str = "energy",
        predictionCol: str = "prediction",
    ) -> None:
        super().__init__()
        self._setDefault(detector=DEFAULT_DETECTOR, settings={}, sampleRows=fitting.SAMPLE_ROWS)
        self._set(**{name: value for name, value in self._input_kwargs.items() if value is not None})

    def _fit(self, dataset: DataFrame) -> AnomalyModel:
        chosen = {name: self.getOrDefault(name) for name in ("detector", "settings", "sampleRows")}
        model = table_pipeline(chosen["detector"], **chosen["settings"])
        fitted = spark.fit(self._input(dataset), model, sample_rows=chosen["sampleRows"])
        return self._copyValues(AnomalyModel(fitted))


class AnomalyModel(Model, _Columns, MLReadable["AnomalyModel"], MLWritable):
    """A fitted model; ``transform(frame)`` adds its energies and predictions to all columns of the frame.

    Parameters
    ----------
    model : fitted detector, or fitted Pipeline of a TabularEncoder and a detector.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def _transform(self, dataset: DataFrame) -> DataFrame:
        if self.isSet(self.inputCols):
            read = self._input(dataset)
            schema, given = (
                to_arrow_schema(read.schema),
                [dataset[spark._quoted(name)] for name in read.columns],
            )
        else:
            encoder, detector = encoder_and_detector(self.model)
            width = (encoder or detector).n_features_in_
            schema = pa.schema([(f"x{j}", pa.float64()) for j in range(width)])
            given = [_entries(dataset, self.getFeaturesCol())]
        scorer = BatchScorer(self.model, schema, keep=[], explained="none")
        sent = dataset.sparkSession.sparkContext.broadcast(pickle.dumps((scorer, schema.names)))

        def scores(*columns: pa.Array) -> pa.Array:
            return _scores(sent.value, columns)

        make: Any = arrow_udf  # its types know no function of any number of columns
        scored = make(scores, SCORED)(*given)
        energy, prediction = self.getOrDefault("energyCol"), self.getPredictionCol()
        held = "_hinterland_scored"
        return (
            dataset.withColumn(held, scored)
            .withColumns(
                {energy: functions.col(held)["energy"], prediction: functions.col(held)["prediction"]}
            )
            .drop(held)
        )

    def write(self) -> MLWriter:
        """Give what saves it: ``model.write().overwrite().save(path)``, on any file system that Spark knows."""
        return _Writer(self)

    @classmethod
    def read(cls) -> MLReader[AnomalyModel]:
        """Give what loads it; loading executes nothing of the file."""
        return _Reader(cls)


class _Writer(MLWriter):
    """Saves parameters as pyspark.ml does, and the model's file as the only row of a table."""

    def __init__(self, instance: AnomalyModel) -> None:
        super().__init__()
        self._instance = instance

    def saveImpl(self, path: str) -> None:  # noqa: N802
        with tempfile.TemporaryDirectory(prefix="hinterland-") as folder:
            persistence.save(self._instance.model, Path(folder) / "model")
            content = (Path(folder) / "model").read_bytes()
        DefaultParamsWriter.saveMetadata(self._instance, path, self.sparkSession)
        table = self.sparkSession.createDataFrame([(bytearray(content),)], "model binary")
        table.coalesce(1).write.parquet(f"{path}/model")


class _Reader(MLReader["AnomalyModel"]):
    def __init__(self, kind: type[AnomalyModel]) -> None:
        super().__init__()
        self._kind = kind

    def load(self, path: str) -> AnomalyModel:
        metadata = DefaultParamsReader.loadMetadata(path, self.sparkSession)
        row = self.sparkSession.read.parquet(f"{path}/model").first()
        if row is None:
            raise FileFormatError(f"{path} holds no model")
        with tempfile.TemporaryDirectory(prefix="hinterland-") as folder:
            (Path(folder) / "model").write_bytes(row.model)
            loaded = self._kind(persistence.load(Path(folder) / "model"))
        loaded._resetUid(metadata["uid"])
        DefaultParamsReader.getAndSetParams(loaded, metadata)
        return loaded


@functools.lru_cache(maxsize=4)
def _unpacked(content: bytes) -> tuple[BatchScorer, list[str]]:
    scorer, names = pickle.loads(content)
    return scorer, names


def _scores(content: bytes, columns: Sequence[pa.Array]) -> pa.Array:
    """Energies and predictions of rows, given by columns or by one of lists."""
    scorer, names = _unpacked(content)
    rows = pa.table(list(columns), names) if len(columns) == len(names) and not _has_lists(columns) else None
    scored = scorer.score(_of_lists(columns[0], names) if rows is None else rows)
    values = [pa.array(scored.energy), pa.array(scored.is_anomaly.astype(np.float64))]
    return pa.StructArray.from_arrays(values, names=["energy", "prediction"])


def _has_lists(columns: Sequence[pa.Array]) -> bool:
    return any(pa.types.is_nested(column.type) for column in columns)


def _of_lists(rows: pa.Array, names: list[str]) -> pa.Table:
    """A table of rows (n,) that are lists of as many numbers as there are names."""
    if rows.null_count or not pc.all(pc.equal(pc.list_value_length(rows), len(names))).as_py():
        raise TableError(f"every row must be a vector of {len(names)} numbers, as the model was fitted to")
    matrix = rows.flatten().to_numpy(zero_copy_only=False).reshape(len(rows), len(names))
    return pa.table({name: matrix[:, j] for j, name in enumerate(names)})


def _entries(frame: DataFrame, name: str) -> Any:
    """A column of vectors as one of arrays; of arrays as it is."""
    column = frame[spark._quoted(name)]
    is_vector = frame.schema[name].dataType.typeName() == "vectorudt"
    return vector_to_array(column) if is_vector else column.cast("array<double>")
