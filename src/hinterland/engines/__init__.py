"""More rows than a machine holds: score and fit over a cluster's batches. Nothing here runs unless it is asked for.

Each engine has ``score`` and ``fit`` under its own name, and asks for its package when one of them is called.

- ``ray``, ``dask``, ``spark``  the engines; ``spark_estimator`` is an Estimator and its Model as pyspark.ml has them
- ``shards``   what a fit asks of an engine: a function of each batch, results in the batches' order
- ``sampling`` rows drawn alike wherever and however often a batch is read
- ``fitting``  the fit: a sample for what trains, sums over all rows for the rest
- ``mixtures`` a detector's mixture by sums over all rows
- ``folder``, ``folder_shards``  a folder of files by Ray, a file a task: scored, and fitted on
"""
