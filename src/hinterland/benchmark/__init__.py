"""The papers' experiments, run again under their own protocols, and tables of ours beside theirs.

``protocol`` says what an experiment is, ``protocols`` has one file a paper; ``jobs`` makes and does jobs,
``runner`` does many, ``store`` keeps their results; ``reported`` holds the papers' numbers, ``tables``,
``compare`` and ``results_page`` show both.
"""
