"""A fitted model in, an ONNX file out: inputs, outputs, metadata, and a check against the library."""

from __future__ import annotations

import copy
import importlib.util
import warnings
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn

from hinterland.detectors.base import Detector
from hinterland.errors import ExportError, MissingExtraError
from hinterland.export.columns import Input, Table, read_before
from hinterland.export.graph import renamed, traced, with_texts
from hinterland.export.metadata import describe, free_names, is_calibrated
from hinterland.export.scorer import Matrix, PValues, Scorer
from hinterland.pipeline import steps_of
from hinterland.preprocessing import TabularEncoder
from hinterland.threads import threads
from hinterland.whole_files import Path, write_atomically

PACKAGES = ("onnx", "onnxscript", "onnxruntime")
ROWS = "rows"
TOLERANCE = 1e-5
"""By how much an energy may differ from the library's, absolutely where it is below 1 and else relatively."""
SAMPLE_ROWS = 64


class Exported(NamedTuple):
    """What was written: its outputs, the largest difference that the check found, and its size in bytes."""

    outputs: list[str]
    largest_difference: float
    n_bytes: int


@threads(1)
def export(model: Any, path: Path) -> Exported:
    """Write a fitted model as an ONNX file, atomically.

    Its inputs are the columns of a table, each (n,), where an encoder stands before the detector, and else ``rows``
    (n, d) in float64. Its outputs are ``energy`` (n,) in nats, ``label`` (n,), 1 or -1 as ``predict`` gives it, and
    ``p_value`` (n,) where the detector is calibrated. A row that the library would refuse, as a value is not finite,
    has the energy NaN and the label 0. What is written is run once on some rows and compared with the library.

    Parameters
    ----------
    model : detector, or Pipeline of a TabularEncoder and a detector.
    path : of the file to write, by custom ``.onnx``.

    Raises
    ------
    ExportError
        For a model, or a step or column of it, that cannot be exported; the message says which.
    MissingExtraError
        Where onnx, onnxscript or onnxruntime are not installed.
    NotFittedError
        For a model that is not fitted.
    OSError
        Where the file cannot be written.

    Warns
    -----
    UserWarning
        Where p-values are left out, as the calibration has groups; for columns that the encoder reads from text, and
        the file takes as numbers.
    """
    encoder, detector = _parts(model)
    check_is_fitted(detector)
    for package in PACKAGES:
        if importlib.util.find_spec(package) is None:
            raise MissingExtraError(package, "onnx", "the export to ONNX")
    name = type(detector).__name__
    if not detector.model_.rows_alone:
        raise ExportError(
            f"{name} cannot be exported: its energy of a row depends on the other rows that are scored with it; "
            "with graph='reference' a CADGMM's does not, with scored_latent='mean' a VAE's does not"
        )
    scorer, inputs, samples = _scorer(encoder, detector)
    taken = [column.name for column in inputs] or [ROWS]
    outputs = free_names(("energy", "label", *(("p_value",) if scorer.p_values else ())), taken)
    inside = [f"input_{place}" for place in range(len(taken))]
    found = [f"output_{place}" for place in range(len(outputs))]
    proto = traced(scorer, samples, inside, found, name)
    with_texts(
        proto, {place: c.codes for place, c in zip(inside, inputs, strict=False) if c.codes is not None}
    )
    renamed(proto, dict(zip([*inside, *found], [*taken, *outputs], strict=True)))
    describe(proto, detector, taken, inputs, outputs)
    content = proto.SerializeToString()
    difference = _difference(content, scorer, inputs, taken, samples, name)
    write_atomically(path, content)
    return Exported(outputs, difference, len(content))


def _parts(model: Any) -> tuple[TabularEncoder | None, Detector]:
    """The encoder, if there is one, and the detector of a model."""
    match steps_of(model) if isinstance(model, Pipeline) else [model]:
        case [Detector() as detector]:
            return None, detector
        case [TabularEncoder() as encoder, Detector() as detector]:
            return encoder, detector
        case [*others, Detector()] if isinstance(model, Pipeline):
            unknown = next(step for step in others if not isinstance(step, TabularEncoder))
            raise ExportError(
                f"the step {type(unknown).__name__} cannot be exported: what stands before a detector may be a "
                "TabularEncoder alone; export the detector itself, and give the file what the steps make of rows"
            )
        case steps:
            found = ", ".join(type(step).__name__ for step in steps) or "nothing"
            raise ExportError(
                f"only a hinterland detector can be exported, alone or behind a TabularEncoder, got {found}"
            )


def _scorer(encoder: TabularEncoder | None, detector: Detector) -> tuple[Scorer, list[Input], list[Tensor]]:
    """What the file computes, in evaluation mode on the processor, its inputs where they are columns, and samples."""
    model = copy.deepcopy(detector.model_).cpu().requires_grad_(False)
    model.ready_to_score()
    rows: nn.Module
    if encoder is None:
        rows, inputs, samples = Matrix(), [], [_sample_rows(detector)]
    else:
        rows = Table(encoder)
        inputs, samples = rows.inputs, rows.samples(SAMPLE_ROWS)
        if before := read_before(encoder):
            warnings.warn(
                f"an ONNX file does not read text as numbers or times; it takes {', '.join(before)}",
                UserWarning,
                stacklevel=4,
            )
    return Scorer(rows, model, detector.offset_, _p_values(detector)).eval(), inputs, samples


def _p_values(detector: Detector) -> PValues | None:
    """What makes p-values of energies, where the detector is calibrated."""
    if not is_calibrated(detector):
        return None
    calibration = detector.calibration()
    if calibration.groups:
        warnings.warn(
            f"the file gives no p-values, as the calibration has {len(calibration.groups):,} groups",
            UserWarning,
            stacklevel=5,
        )
        return None
    ((counts,),) = calibration.parts.values()
    return PValues(counts)


def _sample_rows(detector: Detector) -> Tensor:
    """Usual rows, and some far from them."""
    usual = np.resize(detector.references_, (SAMPLE_ROWS // 2, detector.references_.shape[1]))
    with np.errstate(over="ignore"):
        far = np.nan_to_num(usual * np.linspace(-1e4, 1e4, len(usual))[:, None] + 1)
    return torch.from_numpy(np.concatenate([usual, far]))


def _difference(
    content: bytes, scorer: Scorer, inputs: list[Input], taken: list[str], samples: list[Tensor], name: str
) -> float:
    """Largest difference of energies, relative to the larger of 1 and the energy, of the file and the library."""
    import onnxruntime

    columns: list[Input | None] = [*inputs] or [None]
    given = {
        place: _texts(column, values) if column and column.codes is not None else values.numpy()
        for place, column, values in zip(taken, columns, samples, strict=True)
    }
    try:
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        energy = session.run(None, given)[0]
    except Exception as error:  # its errors share no base of their own
        raise ExportError(f"{name} cannot be exported: onnxruntime does not run it: {error}") from error
    with torch.no_grad():
        expected = scorer(samples)[0].numpy()
    if not np.array_equal(np.isnan(energy), np.isnan(expected)):
        raise ExportError(
            f"{name} cannot be exported: the file gives other rows no energy than the library does"
        )
    largest = float(np.nanmax(np.abs(energy - expected) / np.maximum(1, np.abs(expected)), initial=0.0))
    if largest > TOLERANCE:
        raise ExportError(
            f"{name} cannot be exported: energies would differ by {largest:.2g} from the library's"
        )
    return largest


def _texts(column: Input, codes: Tensor) -> npt.NDArray[np.object_]:
    """Texts that have these codes; for the last code, of none, one that is unknown."""
    assert column.codes is not None
    text_of = {code: text for text, code in column.codes.items()}
    unknown = "x" * (1 + max(map(len, column.codes)))
    return np.array([text_of.get(code, unknown) for code in codes.tolist()], dtype=object)
