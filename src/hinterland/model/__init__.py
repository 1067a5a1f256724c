"""The model, the heart of every detector: rows to energy, as one module.

- ``scaling``       rows to scaled rows; ``chunks``: how many at a time
- ``composite``     what a density sees of a row: latent and reconstruction errors
- ``score``         what of a row is its energy: the density's, the error, both, the angle
- ``energy_model``  scaling, network, composite features, density and score in one

The first three know neither networks nor densities, and stand below them.
"""
