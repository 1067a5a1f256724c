"""Numbers, dates and times as people write them: how a column as a whole does, and reading its texts by that."""
