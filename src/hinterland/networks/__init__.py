"""Networks: matrix to latent and reconstruction. A shelf; members replace one another."""

from hinterland.networks.base import Encoding, Network
from hinterland.networks.mlp import Autoencoder

__all__ = ["Autoencoder", "Encoding", "Network"]
