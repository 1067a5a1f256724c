"""Tables on disk: CSV and Parquet, read whole or as a stream of batches, and written all or not at all.

Rows are counted from 1, the first below the header, in every message about a file.
"""

from hinterland.tables.columns.notes import ColumnsWarning
from hinterland.tables.columns.readings import Reading
from hinterland.tables.columns.repeated_labels import second_labels
from hinterland.tables.columns.unreadable import UnreadableValuesError
from hinterland.tables.csv.format import BadRows, CsvFormat
from hinterland.tables.groups import group_names
from hinterland.tables.kinds import missing_and_unused, read_batch, to_kinds
from hinterland.tables.reading import TableFile, open_stream, open_table
from hinterland.tables.selection import equals, rows_with, select, text_counts
from hinterland.tables.source import as_table_file
from hinterland.tables.truth import LabelColumn
from hinterland.tables.writing import OUTPUT_FORMATS, open_writer, output_format

__all__ = [
    "OUTPUT_FORMATS",
    "BadRows",
    "ColumnsWarning",
    "CsvFormat",
    "LabelColumn",
    "Reading",
    "TableFile",
    "UnreadableValuesError",
    "as_table_file",
    "equals",
    "group_names",
    "missing_and_unused",
    "open_stream",
    "open_table",
    "open_writer",
    "output_format",
    "read_batch",
    "rows_with",
    "second_labels",
    "select",
    "text_counts",
    "to_kinds",
]
