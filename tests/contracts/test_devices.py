"""Detectors on a device other than the processor, where there is none: one that pretends.

Tensors of the device ``lent`` say that they are there and are computed on the processor. As on a real device, they
mix with no others, NumPy cannot read them, and a generator of the processor draws nothing there. What a real one adds
is its own arithmetic; ``benchmarks/gpu.py`` has the same checks for it.
"""

import importlib.util
import os
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

registration = pytest.importorskip("torch.utils.backend_registration")
if not hasattr(registration, "_setup_privateuseone_for_python_backend"):
    pytest.skip("this torch has no devices in Python", allow_module_level=True)

ALONE = "HINTERLAND_PRETENDED_DEVICE"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(ALONE not in os.environ, reason="in a process of its own: test_devices_alone.py"),
]
GPU = Path(__file__).resolve().parents[2] / "benchmarks" / "gpu.py"
ACROSS = {"_to_copy", "copy_", "index", "index_put", "index_put_", "_index_put_impl_"}
"""Operators that take tensors of two devices: copies, and numbers of rows that are on the processor."""


class Lent(Tensor):
    """A tensor that says it is on the device; ``held`` has its numbers."""

    @staticmethod
    def __new__(cls, held):
        form = {"strides": held.stride(), "storage_offset": held.storage_offset(), "dtype": held.dtype}
        made = Tensor._make_wrapper_subclass(cls, held.shape, device=torch.device("lent", 0), **form)
        made.held = held
        return made

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return computed(func, args, kwargs or {})

    def tolist(self):
        return self.held.tolist()

    @property
    def data(self):
        return self.detach()

    @data.setter
    def data(self, value):
        with torch._C.DisableTorchFunctionSubclass():
            Tensor.data.__set__(self, value)
        self.held = value.held


def held(value):
    return value.held if isinstance(value, Lent) else value


def computed(func, args, kwargs):
    """What an operator gives, on the device that its operands or its argument say."""
    name = func.overloadpacket.__name__
    leaves = pytree.tree_leaves((args, kwargs))
    ours = [leaf for leaf in leaves if isinstance(leaf, Lent)]
    others = [
        leaf for leaf in leaves if isinstance(leaf, Tensor) and not isinstance(leaf, Lent) and leaf.dim()
    ]
    if (
        ours
        and others
        and (name not in ACROSS or (name.startswith("index") and not isinstance(args[0], Lent)))
    ):
        raise RuntimeError(f"{name}: tensors are on lent:0 and on cpu")
    device = kwargs.get("device")
    there = bool(ours) if device is None else torch.device(device).type == "lent"
    if there and any(isinstance(leaf, torch.Generator) for leaf in leaves):
        raise RuntimeError(f"{name}: expected a 'lent' device type for generator but found 'cpu'")
    if device is not None:
        kwargs = {**kwargs, "device": torch.device("cpu")}
    if name == "copy_" and not isinstance(args[0], Lent):
        there = False
    given = {id(tensor.held): tensor for tensor in ours}

    def lent(value):
        if not isinstance(value, Tensor) or isinstance(value, Lent):
            return value
        if (same := given.get(id(value))) is not None:
            if same.shape != value.shape:  # brought to its size by an operator that writes into it
                same.data = Lent(value)
            return same
        return Lent(value) if there else value

    return pytree.tree_map(lent, func(*pytree.tree_map(held, args), **pytree.tree_map(held, kwargs)))


@pytest.fixture(scope="module")
def device():
    registration._setup_privateuseone_for_python_backend("lent")
    library = torch.library.Library("aten", "IMPL")
    for operator in (torch.ops.aten.empty.memory_format, torch.ops.aten.empty_strided.default):
        library.impl(operator, lambda *args, of=operator, **kwargs: computed(of, args, kwargs), "PrivateUse1")

    def copy(source, target, non_blocking=False):
        held(target).copy_(held(source))
        return target

    library.impl(torch.ops.aten._copy_from.default, copy, "PrivateUse1")
    yield "lent"
    library._destroy()


def script():
    spec = importlib.util.spec_from_file_location("gpu", GPU)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


gpu = script()


def test_the_device_pretends_well(device):
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], device=device)
    assert x.device.type == device
    assert x.sum().item() == 10
    layer = torch.nn.Linear(2, 2).to(device)
    layer(x).sum().backward()
    assert layer.weight.grad.tolist() == [[4.0, 6.0], [4.0, 6.0]]
    for mixed in (
        lambda: x + torch.ones(2, 2),
        lambda: x.numpy(),
        lambda: torch.ones(2)[torch.tensor([0], device=device)],
        lambda: torch.rand(2, device=device, generator=torch.Generator()),
        lambda: x.uniform_(generator=torch.Generator()),
    ):
        with pytest.raises((RuntimeError, TypeError)):
            mixed()


@pytest.mark.parametrize("name", gpu.named())
def test_a_detector_does_on_a_device_what_it_does_on_the_processor(name, device):
    gpu.check(name, device)
