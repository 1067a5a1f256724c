"""A torch module as an ONNX graph: traced by torch, with this package's own operators."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from hinterland.errors import ExportError
from hinterland.printable import printable

if TYPE_CHECKING:
    import onnx

OPSET = 20
MOST_FOLDED = 2**24
"""Entries of a tensor that is computed once, as all that hangs on no row, and not for every batch."""
TEXT_DOMAIN, TEXT_OPSET = "ai.onnx.ml", 2
"""Of ``LabelEncoder``, which turns texts into whole numbers."""


def traced(
    module: nn.Module, inputs: Sequence[Tensor], names: Sequence[str], results: Sequence[str], what: str
) -> onnx.ModelProto:
    """Graph of a module that takes a list of tensors of any number of rows.

    Parameters
    ----------
    module : in evaluation mode; nothing of it is changed.
    inputs : of a few rows, more than one.
    names : of the inputs, and ``results`` of what it gives.
    what : names the module in messages.

    Raises
    ------
    ExportError
        Where torch cannot trace the module for any number of rows, or has no ONNX for what it does.
    """
    from onnxscript.optimizer import fold_constants, remove_unused_nodes

    from hinterland.export.operators import TRANSLATIONS

    rows = torch.export.Dim("rows")
    with torch.no_grad(), _quietly():
        module([*inputs])  # what a part makes once and keeps is made now, and not of the trace's symbols
        try:
            program = torch.export.export(module, ([*inputs],), dynamic_shapes=([{0: rows}] * len(inputs),))
            exported = torch.onnx.export(
                program,
                (),
                dynamo=True,
                opset_version=OPSET,
                input_names=[*names],
                output_names=[*results],
                custom_translation_table=TRANSLATIONS,
                optimize=False,  # rewriting takes as long as all else, and onnxruntime does it when it loads a file
                verbose=False,
            )
            assert exported is not None
            fold_constants(exported.model, input_size_limit=MOST_FOLDED, output_size_limit=MOST_FOLDED)
            remove_unused_nodes(exported.model)
        except Exception as error:  # torch's errors share no base of their own
            raise ExportError(f"{what} cannot be exported: {_reason(error)}") from error
    proto: onnx.ModelProto = exported.model_proto
    return proto


def with_texts(model: onnx.ModelProto, codes: dict[str, dict[str, int]]) -> None:
    """Let inputs take texts: each is given its codes by text, of which -1, the last row of a table, is for others."""
    from onnx import TensorProto, helper

    for number, (name, of_text) in enumerate(codes.items()):
        place = next(place for place, value in enumerate(model.graph.input) if value.name == name)
        inner = f"codes_of_input_{number}"
        for node in model.graph.node:
            node.input[:] = [inner if name == given else given for given in node.input]
        encode = helper.make_node(
            "LabelEncoder",
            [name],
            [inner],
            domain=TEXT_DOMAIN,
            keys_strings=list(of_text),
            values_int64s=list(of_text.values()),
            default_int64=-1,
        )
        model.graph.node.insert(number, encode)
        model.graph.input[place].type.tensor_type.elem_type = TensorProto.STRING
    if codes:
        model.opset_import.append(helper.make_opsetid(TEXT_DOMAIN, TEXT_OPSET))


def renamed(model: onnx.ModelProto, names: dict[str, str]) -> None:
    """Give inputs and outputs other names, and the number of rows the name n; what torch noted of its own goes.

    Names inside that inputs or outputs are to have are lengthened.
    """
    wanted = set(names.values())
    inner = {name for node in model.graph.node for name in (*node.input, *node.output)}
    inner |= {tensor.name for tensor in model.graph.initializer}
    names = {**{name: f"inner {name}" for name in inner & wanted}, **names}
    for value in (*model.graph.input, *model.graph.output):
        value.name = names[value.name]
        value.type.tensor_type.shape.dim[0].dim_param = "n"
        del value.metadata_props[:]
    for tensor in model.graph.initializer:
        tensor.name = names.get(tensor.name, tensor.name)
        del tensor.metadata_props[:]
    del model.graph.value_info[:], model.graph.metadata_props[:]
    for node in model.graph.node:
        for values in (node.input, node.output):
            values[:] = [names.get(name, name) for name in values]
        del node.metadata_props[:]  # these name files of this machine
        node.doc_string = ""


def _reason(error: BaseException) -> str:
    """What was at the root of an error, in a line."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {printable(lines[0] if lines else '')}"


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep to itself what torch says of its own affairs: deprecations, packages that it does without, its trace."""
    logs = [logging.getLogger(name) for name in ("torch.onnx", "torch.__trace")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
