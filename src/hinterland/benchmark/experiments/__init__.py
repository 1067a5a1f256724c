"""What is run: the papers' experiments, as they describe them, and the methods that take part.

- ``protocol``  what an experiment is; ``protocols`` has one file a paper
- ``methods``   detectors and baselines by name, with what papers set for them (``settings/``)
- ``suite``     protocols and methods that are run under one name; ``index`` finds every name, ``listing`` prints them
- ``reported``  the numbers that papers print (``printed/``)
"""
