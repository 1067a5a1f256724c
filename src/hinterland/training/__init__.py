"""Training procedures over one loop: each orders the work of fitting a network and a density.

- ``loop``        the one loop, of ``steps`` by ``learner``, its optimiser; ``settings`` how long and how fast
- ``joint``       network and mixture together (DAGMM), with ``label_losses`` for known anomalies
- ``in_turn``     the network, then a mixture by ``expectation_maximisation`` (DeepMixture)
- ``two_stage``   encoder and decoder, then the decoder alone, and ``contrastive``, a density told from noise (CANCE)
- ``cluster_and_retrain``  rows of compact clusters, chosen again and again (DEUAD)
- ``positive_unlabelled``  a head that tells labelled rows from others
- ``reconstruction``, ``principal_components``  a network alone, trained or computed
- ``hold_out``    rows that judge a training; ``staged_history``: several trainings, one history
"""
