"""The dual encoder of CADGMM: what a row is, added to what its neighbours are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor, nn

from hinterland.networks.attention import LOGIT_ACTIVATIONS, GraphAttention
from hinterland.networks.base import Encoding, Network, check_sizes
from hinterland.networks.layers import ACTIVATIONS, layers, linear
from hinterland.networks.neighbours import (
    DISTANCES,
    Distance,
    NearestOthers,
    draw_reference,
    edges,
    nearest_within,
)
from hinterland.parameters import check_choice, check_integer, check_number, check_widths

Graph = Literal["reference", "batch"]
GRAPHS = ("reference", "batch")

SHARE_OF_MEMORY = 0.5
"""Largest share of the machine's memory that a reference, with what is computed from it, may take."""


MOST_ENTRIES = 2**26
"""Numbers that the edges of one row, or of the smallest batch, may take."""


class GraphAutoencoder(Network, name="graph"):
    r"""Autoencoder whose encoder sees a row and, by graph attention, its nearest neighbours (CADGMM, section 3.2).

    .. math:: z = W (f(x) + \sigma(g(x, N(x)))) + b

    with fully connected layers f through ``hidden``, the activation after each (equation 2), graph attention g of the
    last hidden width (3 to 5), their sum element by element (6), and a linear layer to the latent (7). The decoder is
    fully connected (8, 9). Its penalty is the weighted mean of ``|z|^2`` over rows (fourth term of 15).

    Neighbours N(x) come from one of two graphs. In ``reference`` they are the nearest among rows kept from training,
    each different, so that what becomes of a row depends on that row alone. A row's own copy there is no neighbour of
    it: rows trained on and new rows then meet the same kind of graph. In ``batch``, the paper's, they are the nearest
    in the row's batch, in evaluation mode in so many consecutive rows, the last of them filled up with the first.

    Parameters
    ----------
    n_features : width of a row.
    hidden : widths of the row's own encoder, at least one; the last is the attention's too.
    latent_dim : width of the latent.
    activation : of hidden layers and attention; the layers that give latent and reconstruction are linear.
    decoder_hidden : widths of the decoder's hidden layers; None for ``hidden`` mirrored.
    heads : of the attention, which share its width.
    n_neighbors : number K of neighbours; of a reference with fewer rows, all.
    distance : ``cosine`` or ``euclidean``.
    self_loops : whether a row attends to itself too.
    graph : ``reference`` or ``batch``.
    n_reference : rows of the reference: at most so many, and as many as it has once there is one.
    batch_rows : rows of a graph within a batch in evaluation mode.
    symmetric : whether neighbours within a batch are each other's; a reference's rows attend to nothing.
    latent_weight : weight of the penalty on the latent (lambda3).
    logit_activation : of the attention's logits, ``leaky_relu`` or ``tanh``.
    generator : source of the initial weights and of the reference.
    """

    reference: Tensor
    chunks_at_once = 2  # the reference's rows are projected once for all rows of a chunk

    def __init__(
        self,
        n_features: int,
        hidden: Sequence[int] = (64, 32),
        latent_dim: int = 8,
        *,
        activation: str = "tanh",
        decoder_hidden: Sequence[int] | None = None,
        heads: int = 2,
        n_neighbors: int = 15,
        distance: Distance = "cosine",
        self_loops: bool = True,
        graph: Graph = "reference",
        n_reference: int = 1024,
        batch_rows: int = 1024,
        symmetric: bool = True,
        latent_weight: float = 0.0,
        logit_activation: str = "leaky_relu",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        check_sizes(n_features, hidden, latent_dim, activation)
        if not hidden:
            raise ValueError("hidden must have at least one width, which is the attention's too, got none")
        check_widths("decoder_hidden", decoder_hidden, optional=True)
        check_choice("graph", graph, GRAPHS)
        check_choice("distance", distance, DISTANCES)
        for name, number in (("heads", heads), ("n_reference", n_reference), ("batch_rows", batch_rows)):
            check_integer(name, number, least=1)
        check_integer("n_neighbors", n_neighbors, least=1)
        check_entries(min(n_neighbors, n_reference) if graph == "reference" else n_neighbors**2, hidden[-1])
        check_choice("self_loops", self_loops, (True, False))
        check_choice("symmetric", symmetric, (True, False))
        check_number("latent_weight", latent_weight, least=0)
        check_choice("logit_activation", logit_activation, LOGIT_ACTIVATIONS)
        self.n_features = n_features
        self.latent_dim = latent_dim
        self.settings = {
            "n_features": n_features,
            "hidden": list(hidden),
            "latent_dim": latent_dim,
            "activation": activation,
            "decoder_hidden": None if decoder_hidden is None else list(decoder_hidden),
            "heads": heads,
            "n_neighbors": n_neighbors,
            "distance": distance,
            "self_loops": self_loops,
            "graph": graph,
            "n_reference": n_reference,
            "batch_rows": batch_rows,
            "symmetric": symmetric,
            "latent_weight": latent_weight,
            "logit_activation": logit_activation,
        }
        self.n_neighbors = n_neighbors
        self.distance = distance
        self.self_loops = self_loops
        self.graph = graph
        self.rows_alone = self.recordable = graph == "reference"
        self.batch_rows = batch_rows
        self.symmetric = symmetric
        self.latent_weight = latent_weight
        self.generator = generator
        self.transform = nn.Sequential(
            *layers([n_features, *hidden], activation, generator), ACTIVATIONS[activation]()
        )
        self.attention = GraphAttention(
            n_features, hidden[-1], heads, generator, logit_activation=logit_activation
        )
        self.activation = ACTIVATIONS[activation]()
        self.fusion = linear(hidden[-1], latent_dim, generator)
        back = list(hidden)[::-1] if decoder_hidden is None else list(decoder_hidden)
        self.decoder = nn.Sequential(*layers([latent_dim, *back, n_features], activation, generator))
        n_kept = n_reference if graph == "reference" else 0
        self.register_buffer("reference", torch.zeros(n_kept, n_features))
        self._search: NearestOthers | None = None
        self._searched: tuple[Tensor | None, int] = (None, 0)  # the reference that it is of, and its version

    def prepare(self, rows: Tensor) -> None:
        """Keep a reference of training rows (n, n_features)."""
        if self.graph == "batch":
            return
        n_reference = min(self.settings["n_reference"], len(rows))
        check_memory(n_reference, self.n_features)
        self.reference = draw_reference(rows, n_reference, self.generator).to(self.reference)
        self.settings["n_reference"] = len(self.reference)

    def constants(self, rows: Tensor) -> tuple[Tensor, ...]:
        """Neighbours (n, K) of rows (n, n_features) in the reference; none within a batch, which is not known yet."""
        if self.graph == "batch":
            return ()
        return (self._nearest()(rows),)

    def forward(self, x: Tensor, neighbours: Tensor | None = None) -> Encoding:
        """Encode and reconstruct rows (n, n_features), given their ``neighbours`` (n, K) where these are known."""
        if self.graph == "batch":
            summary = self._summary_in_batch(x) if self.training else self._summary_in_batches(x)
        else:
            summary = self._summary_in_reference(x, neighbours)
        latent = self.fusion(self.transform(x) + self.activation(summary))
        penalty = self.latent_weight * latent.square().sum(1).mean()
        return Encoding(latent, self.decoder(latent), penalty)

    def _summary_in_reference(self, x: Tensor, neighbours: Tensor | None) -> Tensor:
        reference = self.reference
        if neighbours is None:
            neighbours = self._nearest()(x.detach())
        # Few are projected where few are seen; an exported graph is for any rows, as is a device's recording.
        same_for_all = torch.compiler.is_exporting() or x.is_cuda
        if not same_for_all and neighbours.numel() < len(reference):
            numbers, places = neighbours.clamp_min(0).unique(return_inverse=True)
            reference = reference[numbers]
            neighbours = torch.where(neighbours < 0, neighbours, places)
        sources = self.attention.sources(torch.cat([reference, x]) if self.self_loops else reference)
        if self.self_loops:
            own = torch.arange(x.shape[0], device=x.device) + len(reference)
            neighbours = torch.cat([neighbours, own[:, None]], dim=1)
        return self.attention.to_neighbours(self.attention.targets(x), sources, neighbours)

    def _nearest(self) -> NearestOthers:
        """What finds neighbours in the reference as it is now: made where the reference has changed since."""
        if torch.compiler.is_exporting():  # what is made there is of that graph alone
            return NearestOthers(self.reference, min(self.n_neighbors, len(self.reference)), self.distance)
        state = (self.reference, self.reference._version)
        if self._search is None or self._searched[0] is not state[0] or self._searched[1] != state[1]:
            self._search, self._searched = (
                NearestOthers(self.reference, min(self.n_neighbors, len(self.reference)), self.distance),
                state,
            )
        return self._search

    def __getstate__(self) -> dict[str, Any]:
        """Copies and pickles make their own search."""
        return {**self.__dict__, "_search": None, "_searched": (None, 0)}

    def _summary_in_batch(self, x: Tensor) -> Tensor:
        neighbours = nearest_within(x.detach(), self.n_neighbors, self.distance)
        targets, sources = self.attention.targets(x), self.attention.sources(x)
        if self.symmetric:
            along = edges(neighbours, symmetric=True, self_loops=self.self_loops)
            return self.attention.along_edges(targets, sources, along)
        if self.self_loops:
            own = torch.arange(len(x), device=x.device)
            neighbours = torch.cat([neighbours, own[:, None]], dim=1)
        return self.attention.to_neighbours(targets, sources, neighbours)

    def _summary_in_batches(self, x: Tensor) -> Tensor:
        parts = list(x.split(self.batch_rows))
        missing = self.batch_rows - len(parts[-1]) if len(parts) > 1 else 0
        parts[-1] = torch.cat([parts[-1], x[:missing]])
        return torch.cat([self._summary_in_batch(part) for part in parts])[: len(x)]


def check_entries(n_edges: int, width: int) -> None:
    """Raise ValueError where the edges of one row, or of the smallest batch, would take more than half a gigabyte."""
    if n_edges * width > MOST_ENTRIES:
        raise ValueError(
            f"n_neighbors makes {n_edges:,} edges that are held at once, each of the attention's width {width:,}, and "
            f"more than {MOST_ENTRIES:,} numbers are too many: choose fewer neighbours"
        )


def check_memory(n_reference: int, n_features: int) -> None:
    """Raise MemoryError where a reference would take more than ``SHARE_OF_MEMORY`` of this machine's memory."""
    needed = 6 * 8 * n_reference * n_features  # itself, and what neighbours are found with
    there = physical_memory()
    if there is not None and needed > SHARE_OF_MEMORY * there:
        raise MemoryError(
            f"a reference of {n_reference:,} rows of {n_features:,} columns takes {needed / 1e9:,.1f} GB, and this "
            f"machine has {there / 1e9:,.1f} GB: choose a smaller reference"
        )


def physical_memory() -> int | None:
    """Bytes of this machine's memory, where its system tells."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
