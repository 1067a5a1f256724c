"""CSV files of any make: how one is written (``dialect``, ``header``), and its rows in blocks, to the last byte."""
