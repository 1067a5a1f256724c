"""A fitted model as an ONNX file, which scores rows without torch and without Python.

- ``onnx_file``  model in, file out: inputs, outputs, metadata, and a check against the library
- ``scorer``     encoder, model and decision as one torch module, whose graph is what is written
- ``columns``    a table's columns as torch modules, and what the file takes for each
- ``graph``      a torch module as an ONNX graph; ``operators``: what torch's own exporter does not do as needed

A model is exported by its own ``energy``: a density, network or model of your own needs nothing here, as long as torch
can trace it. Where it treats rows in parts, or looks at their values to choose a way, ``torch.compiler.is_exporting()``
tells it to go the way that is right for any number of any rows.
"""

from hinterland.export.onnx_file import export

__all__ = ["export"]
