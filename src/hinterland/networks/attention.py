"""Graph attention: a row's summary of its neighbours (Velickovic et al., ICLR 2018; CADGMM, equations 3 to 5)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from hinterland.parameters import check_choice

NEGATIVE_SLOPE = 0.2
"""Of the leaky ReLU on the logits, as in the papers' code."""

LOGIT_ACTIVATIONS = ("leaky_relu", "tanh")


class GraphAttention(nn.Module):
    r"""Weighted sums of projected neighbours, in one or several heads side by side.

    For each head, with rows x_i, its projection W (width / heads, n_features) and attention vectors a and a',

    .. math:: w_{ij} = \sigma(a^T W x_i + a'^T W x_j), \quad \alpha_i = \mathrm{softmax}_j(w_{ij}),
        \quad z_i = \sum_j \alpha_{ij} W x_j + b

    where j runs over those that row i attends to, and sigma is the leaky ReLU, or tanh. Both logits are linear in the
    row: one matrix product gives them together with the projection.

    Parameters
    ----------
    n_features : width of a row.
    width : of the output; a multiple of ``heads``.
    heads : attentions side by side, each of its own share of the width.
    generator : source of the initial weights.
    logit_activation : ``leaky_relu``, as papers' code has it, or ``tanh``.
    """

    def __init__(
        self,
        n_features: int,
        width: int,
        heads: int = 1,
        generator: torch.Generator | None = None,
        *,
        logit_activation: str = "leaky_relu",
    ) -> None:
        super().__init__()
        check_choice("logit_activation", logit_activation, LOGIT_ACTIVATIONS)
        self.logit_activation = logit_activation
        if width % heads:
            raise ValueError(f"heads must divide the width of the attention, {width}, got {heads}")
        self.heads = heads
        self.weight = nn.Parameter(torch.empty(width, n_features))
        self.attends = nn.Parameter(torch.empty(heads, width // heads))  # a, of the row that attends
        self.attended = nn.Parameter(torch.empty(heads, width // heads))  # a', of the row attended to
        self.bias = nn.Parameter(torch.zeros(width))
        for parameter in (self.weight, self.attends, self.attended):
            nn.init.xavier_uniform_(parameter, generator=generator)

    def targets(self, rows: Tensor) -> Tensor:
        """Logits (n, heads) of rows (n, n_features) that attend."""
        return rows @ self._onto(self.attends).T

    def sources(self, rows: Tensor) -> Tensor:
        """What is attended to in rows (m, n_features): (m, width + heads), the projection and its logits."""
        return rows @ torch.cat([self.weight, self._onto(self.attended)]).T

    def to_neighbours(self, targets: Tensor, sources: Tensor, neighbours: Tensor) -> Tensor:
        """Summaries (n, width) for ``targets`` (n, heads) of the ``sources`` (m, width + heads) that each is to see.

        ``neighbours`` (n, C) are their numbers; -1 for none. Without any the summary is the bias.
        """
        neighbours = neighbours.T  # a component of the softmax a row: along short contiguous axes all is slow
        seen = gathered(sources, neighbours.clamp_min(0).flatten()).unflatten(0, neighbours.shape)
        projected, logits = self._split(seen)
        logits = self._activated(targets + logits)
        # What an exported graph or a device's recording does is the same for all rows.
        if torch.compiler.is_exporting() or neighbours.is_cuda or bool((neighbours < 0).any()):
            absent = (neighbours < 0)[:, :, None]
            weights = torch.softmax(logits.masked_fill(absent, torch.finfo(logits.dtype).min), 0)
            weights = weights.masked_fill(absent, 0.0)
        else:
            weights = torch.softmax(logits, 0)
        return (weights[..., None] * projected).sum(0).flatten(1) + self.bias

    def along_edges(self, targets: Tensor, sources: Tensor, edges: Tensor) -> Tensor:
        """Summaries (n, width) where rows attend to different numbers of ``sources``: along ``edges`` (2, E)."""
        attending, attended = edges
        projected, logits = self._split(gathered(sources, attended))
        logits = self._activated(gathered(targets, attending) + logits)
        with torch.no_grad():
            largest = torch.full_like(targets, -torch.inf)
            largest.scatter_reduce_(0, attending[:, None].expand_as(logits), logits, "amax")
        weights = torch.exp(logits - largest.index_select(0, attending))
        totals = added(weights, attending, len(targets))
        sums = added(weights[..., None] * projected, attending, len(targets))
        return (sums / totals.clamp_min(torch.finfo(totals.dtype).tiny)[..., None]).flatten(1) + self.bias

    def _activated(self, logits: Tensor) -> Tensor:
        if self.logit_activation == "tanh":
            return torch.tanh(logits)
        return leaky_relu(logits, NEGATIVE_SLOPE)

    def _onto(self, attention: Tensor) -> Tensor:
        """W^T a of each head, (heads, n_features)."""
        onto: Tensor = (attention[:, None, :] @ self.weight.unflatten(0, attention.shape))[:, 0]
        return onto

    def _split(self, sources: Tensor) -> tuple[Tensor, Tensor]:
        """Projections (..., heads, width / heads) and logits (..., heads) of sources."""
        width = len(self.weight)
        return sources[..., :width].unflatten(-1, (self.heads, -1)), sources[..., width:]


def gathered(rows: Tensor, numbers: Tensor) -> Tensor:
    """Rows (m, ...) of the given numbers (n,), with a gradient that adds up in one order, so that a seed has its bits.

    On a device ``index_select`` adds in the order of chance; where it does not, it is the faster.
    """
    return rows[numbers] if rows.is_cuda else rows.index_select(0, numbers)


def added(values: Tensor, numbers: Tensor, n: int) -> Tensor:
    """Sums (n, ...) of the values (E, ...) by the number (E,) each goes to, added up in one order."""
    sums = values.new_zeros(n, *values.shape[1:])
    if values.is_cuda:
        return sums.index_put((numbers,), values, accumulate=True)
    return sums.index_add(0, numbers, values)
