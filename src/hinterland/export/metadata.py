"""What an ONNX file says of itself: names, versions, threshold and promise, columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import hinterland
from hinterland.detectors.base import Detector
from hinterland.export.columns import Input
from hinterland.export.scorer import NO_LABEL

if TYPE_CHECKING:
    import onnx

OUTPUTS = {
    "energy": "energy in nats; higher is more anomalous; NaN for a row with a value that is not finite",
    "label": f"1 normal, -1 anomaly: the energy is above the threshold; {NO_LABEL} for a row that has no energy",
    "p_value": "share of the calibration rows, the row itself among them, that have as high an energy",
}


def is_calibrated(detector: Detector) -> bool:
    """Whether a fitted detector has something that p-values compare with."""
    return hasattr(detector, "calibration_") or detector.energy_as_new() is not None


def free_names(wanted: Sequence[str], taken: Sequence[str]) -> list[str]:
    """The wanted names, lengthened by underscores where a column has them."""
    names = []
    for name in wanted:
        while name in taken:
            name += "_"
        names.append(name)
    return names


def said(
    detector: Detector, taken: Sequence[str], columns: Sequence[Input], outputs: Sequence[str]
) -> dict[str, Any]:
    """Metadata by name, as JSON-able values.

    Parameters
    ----------
    detector : fitted.
    taken : names of the inputs.
    columns : the inputs that are columns; none where rows come as a matrix.
    outputs : names of the outputs.
    """
    names = getattr(detector, "feature_names_in_", None)
    of_matrix = {"columns": None if names is None else [str(name) for name in names]}
    return {
        "hinterland_version": hinterland.__version__,
        "detector": type(detector).__name__,
        "inputs": {c.name: {"kind": c.kind, "takes": c.takes} for c in columns}
        or {taken[0]: {"kind": "matrix", "width": detector.n_features_in_, **of_matrix}},
        "outputs": dict(zip(outputs, OUTPUTS.values(), strict=False)),
        "threshold": -float(detector.offset_),
        "threshold_rule": detector.threshold_rule(),
        "promise": detector.promise() if is_calibrated(detector) else "none: the detector is not calibrated",
    }


def describe(
    model: onnx.ModelProto,
    detector: Detector,
    taken: Sequence[str],
    columns: Sequence[Input],
    outputs: Sequence[str],
) -> None:
    """Write metadata into a model; parameters as those of ``said``. What is no text is JSON."""
    model.producer_name, model.producer_version = "hinterland", hinterland.__version__
    model.graph.name = type(detector).__name__
    model.doc_string = f"Energy of rows by a fitted {type(detector).__name__} of hinterland"
    del model.metadata_props[:]
    told = said(detector, taken, columns, outputs)
    rounded = sorted({node.op_type for node in model.graph.node} & {"Conv", "ConvTranspose"})
    told["precision"] = f"float64, but for {' and '.join(rounded)} in float32" if rounded else "float64"
    told["opset"] = {entry.domain or "ai.onnx": entry.version for entry in model.opset_import}
    for name, value in told.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        model.metadata_props.add(key=name, value=text)
