"""Training and scoring speed of a convolutional autoencoder on pictures of 28 x 28, against its convolutions alone.

All take the same pictures on one thread, in turns. Ours runs through the real loop, and scores as a detector does, in
float64. The convolutions are those of the network, in the memory layout that is faster: forward, and for training the
gradients of weights and inputs, but of the first layer's input.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np
import torch
from measure import Claim, in_turns, machine, ratios, report
from torch import Tensor, nn

from hinterland.model.chunks import apply_in_chunks, chunks
from hinterland.model.energy_model import EnergyModel
from hinterland.model.scaling import InputScaling
from hinterland.model.score import Score
from hinterland.networks.conv import ConvolutionalAutoencoder
from hinterland.threads import threads
from hinterland.training.reconstruction import fit_reconstruction
from hinterland.training.settings import LoopSettings

SHAPE = (28, 28, 1)
N_FEATURES = 28 * 28
LAYOUTS = {"channels first": False, "channels last": True}
"""Of the convolutions alone: by name, whether a pixel's channels lie together."""


def network(hidden: tuple[int, ...]) -> ConvolutionalAutoencoder:
    return ConvolutionalAutoencoder(
        N_FEATURES, hidden, shape=SHAPE, generator=torch.Generator().manual_seed(0)
    )


def training(rows: Tensor, hidden: tuple[int, ...], batch_size: int) -> Callable[[], object]:
    """One epoch through hinterland's loop."""
    net, generator = network(hidden), torch.Generator().manual_seed(0)
    settings = LoopSettings(epochs=1, batch_size=batch_size, learning_rate=1e-3)
    return lambda: fit_reconstruction(net.train(), rows, rows[:0], settings, generator)


def scoring(rows: np.ndarray, hidden: tuple[int, ...]) -> Callable[[], object]:
    """Energies of rows, the reconstruction error."""
    model = EnergyModel(InputScaling(N_FEATURES), network(hidden), None, (), score=Score("reconstruction"))
    model.ready_to_score()
    return lambda: apply_in_chunks(model.energy, rows, torch.device("cpu"))


def convolutions(net: nn.Module, x: Tensor) -> list[tuple[nn.Module, Tensor]]:
    """The network's convolutions, each with the input that it gets for rows x."""
    found: list[tuple[nn.Module, Tensor]] = []
    hooks = [
        part.register_forward_hook(lambda module, inputs, _: found.append((module, inputs[0].detach())))
        for part in net.modules()
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d)
    ]
    net(x)
    for hook in hooks:
        hook.remove()
    return found


def convolutions_alone(
    net: nn.Module, x: Tensor, n_batches: int, *, backward: bool, channels_last: bool
) -> Callable[[], object]:
    """The convolutions of so many batches like x, forward and perhaps backward, and nothing else."""
    layout = torch.channels_last if channels_last else torch.contiguous_format
    parts = [(module, seen.contiguous(memory_format=layout)) for module, seen in convolutions(net, x)]

    def run() -> None:
        with torch.no_grad():
            for _ in range(n_batches):
                for i, (module, seen) in enumerate(parts):
                    out = module(seen)
                    if backward:
                        transposed = isinstance(module, nn.ConvTranspose2d)
                        torch.ops.aten.convolution_backward(
                            out,
                            seen,
                            module.weight,
                            [len(module.bias)],
                            list(module.stride),
                            list(module.padding),
                            list(module.dilation),
                            transposed,
                            list(module.output_padding),
                            1,
                            [i > 0, True, True],
                        )

    return run


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hidden", type=int, nargs="+", default=[16, 32], help="channels")
    parser.add_argument("--pictures", type=int, default=4096)
    parser.add_argument("--batch-size", type=int, default=256)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    hidden, n = tuple(arguments.hidden), arguments.pictures
    rows = torch.rand(n, N_FEATURES, generator=torch.Generator().manual_seed(0))
    batch, chunk = rows[: arguments.batch_size], next(chunks(rows.double().numpy(), torch.device("cpu")))
    n_batches, n_chunks = n // len(batch), n // len(chunk)
    works: dict[str, Callable[[], object]] = {
        "training": training(rows, hidden, arguments.batch_size),
        "scoring": scoring(rows.double().numpy(), hidden),
    }
    pictures = {"training": n, "scoring": n}
    for layout, last in LAYOUTS.items():
        works[f"training, {layout}"] = convolutions_alone(
            network(hidden), batch, n_batches, backward=True, channels_last=last
        )
        works[f"scoring, {layout}"] = convolutions_alone(
            network(hidden).double(), chunk, n_chunks, backward=False, channels_last=last
        )
        pictures |= {
            f"training, {layout}": n_batches * len(batch),
            f"scoring, {layout}": n_chunks * len(chunk),
        }
    with threads(1):
        print(machine())
        seconds = in_turns(works, arguments.repeats)
    each = {name: [s / pictures[name] for s in values] for name, values in seconds.items()}
    claims = [Claim(f"{name}: pictures a second", [1 / s for s in values]) for name, values in each.items()]
    for name in ("training", "scoring"):
        faster = [min(turn) for turn in zip(*(each[f"{name}, {layout}"] for layout in LAYOUTS), strict=True)]
        claims.append(Claim(f"{name}: time over the convolutions'", ratios(each[name], faster), most=2.5))
    met = report(claims)
    sys.exit(1 if arguments.check and not met else 0)


if __name__ == "__main__":
    main()
