"""Tables on disk: CSV and Parquet, read whole or as a stream of batches, and written all or not at all.

Rows are counted from 1, the first below the header, in every message about a file.
"""

from hinterland.tables.csv_format import BadRows, CsvFormat
from hinterland.tables.kinds import missing_and_unused, to_kinds
from hinterland.tables.reading import TableFile, open_stream, open_table
from hinterland.tables.repeated_labels import second_labels
from hinterland.tables.selection import equals, rows_with, select, text_counts
from hinterland.tables.truth import LabelColumn
from hinterland.tables.writing import OUTPUT_FORMATS, open_writer, output_format

__all__ = [
    "OUTPUT_FORMATS",
    "BadRows",
    "CsvFormat",
    "LabelColumn",
    "TableFile",
    "equals",
    "missing_and_unused",
    "open_stream",
    "open_table",
    "open_writer",
    "output_format",
    "rows_with",
    "second_labels",
    "select",
    "text_counts",
    "to_kinds",
]
