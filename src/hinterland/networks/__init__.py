"""Networks: matrix to latent and reconstruction. A shelf; members replace one another."""

from hinterland.networks.base import NETWORKS, Encoding, Network
from hinterland.networks.conv import ConvolutionalAutoencoder
from hinterland.networks.graph import GraphAutoencoder
from hinterland.networks.mlp import Autoencoder
from hinterland.networks.vae import VAE
from hinterland.networks.vqvae import VQVAE

__all__ = [
    "NETWORKS",
    "VAE",
    "VQVAE",
    "Autoencoder",
    "ConvolutionalAutoencoder",
    "Encoding",
    "GraphAutoencoder",
    "Network",
]
