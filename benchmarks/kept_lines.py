"""Results of a long benchmark, a line of JSON each: one that was interrupted goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


class KeptLines:
    """Results by key, in a file if there is one to be."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.results: dict[str, Any] = {}
        if path is not None and path.exists():
            for line in path.read_text().splitlines():
                if line.endswith("}"):  # a last line may be half written
                    kept = json.loads(line)
                    self.results[kept["key"]] = kept["result"]

    def of(self, key: str, make: Callable[[], Any]) -> Any:
        """The result that is kept by this key, or one that is made and kept now."""
        if key not in self.results:
            self.results[key] = make()
            if self.path is not None:
                with self.path.open("a") as file:
                    file.write(json.dumps({"key": key, "result": self.results[key]}) + "\n")
        return self.results[key]
