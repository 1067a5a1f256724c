"""Folders of tables, here or at an address: what is in them, and files written whole or not at all.

- ``place``       the contract of a folder, and ``folder_at`` a path or an address
- ``local``       a folder on this machine; ``remote``: at an address such as ``s3://bucket/visits``, by fsspec
- ``files``       which of a folder's files are tables, and which of several shards each belongs to
- ``partitions``  columns that a file's path names, as ``year=2024/part-0.parquet`` does
"""
