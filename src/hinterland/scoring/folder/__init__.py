"""A folder of tables to a folder of results, file by file: resumed where it was cut, split among any processes.

- ``scorer``   the flow: which files, what is there already, each file's scores, and what came of it
- ``records``  what a folder of results keeps of how each result came about, so that nothing is mixed
- ``counts``   the first of two passes where rows are selected over the whole folder
"""

from hinterland.scoring.folder.records import FolderRecords, Made
from hinterland.scoring.folder.scorer import FolderScorer, Outcome

__all__ = ["FolderRecords", "FolderScorer", "Made", "Outcome"]
