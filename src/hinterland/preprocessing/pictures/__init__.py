"""Pictures to a matrix: ``encoder`` lays pixels out, ``pretrained`` takes features of a network in ``backbones``."""
