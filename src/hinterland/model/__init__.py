"""The model, the heart of every detector: rows to energy, as one module.

- ``scaling``       rows to scaled rows; ``chunks``: how many at a time
- ``composite``     what a density sees of a row: latent and reconstruction errors
- ``score``         what of a row is its energy: the density's, the error, both, the angle
- ``base``          the contract of a model, and the shelf of their kinds
- ``energy_model``  the kind that reconstructs: scaling, network, composite features, density and score in one
- ``on_features``   the kind that puts a density on another model's features; ``on_scaled``: on the scaled row itself
- ``column_view``   a scaling that gives each column twice, standardised and as the normal score of its rank
- ``calibrated``    another model's energies as surprisal; ``curves``: what that and the view store of a curve
- ``around``        what the kinds around another model share
- ``ensemble``      several models as one, by the mean or a weighed sum of their energies

The first three know neither networks nor densities, and stand below them.
"""
