"""The same model behind MLflow's pyfunc flavour, without a server of ours; MLflow is not needed to import this.

``mlflow.pyfunc.save_model(folder, loader_module="hinterland.serve.mlflow", data_path="model.hinterland")`` makes a
model of a saved file, which MLflow loads by ``_load_pyfunc``, and serves or hands to Spark as any other.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from hinterland import persistence
from hinterland.scoring import score_frame
from hinterland.scoring.decided import p_value_columns


class PyfuncModel:
    """What MLflow asks to predict.

    Parameters
    ----------
    model : fitted detector, or fitted Pipeline of a TabularEncoder and a detector.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._columns = p_value_columns(model)

    def predict(self, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Energy, label and, where the model is calibrated, p-value of each row of a frame.

        ``params`` may have ``reasons``, the most columns to name for a flagged row: then there is ``top_features`` too.
        """
        top = (params or {}).get("reasons")
        scored: pd.DataFrame = score_frame(
            self._model,
            pd.DataFrame(model_input),
            keep=[],
            explained="none" if top is None else "flagged",
            top=3 if top is None else int(top),
            columns=self._columns,
        )
        return scored


def _load_pyfunc(data_path: str) -> PyfuncModel:
    """Load a saved model for MLflow."""
    return PyfuncModel(persistence.load(data_path))
