"""The command line: thin, and quick to start, as a command imports what it needs when it runs.

stdout is data or a table, stderr progress and messages. Exit codes: 0 done, 1 an error in the input or the data
(one line that names it; ``--debug`` before the command shows where it came from), 2 wrong usage, 130 interrupted
from the keyboard (``fit`` has then saved the best model so far, if it says so).
"""

from hinterland.cli.application import app, main

__all__ = ["app", "main"]
