"""``hinterland datasets``."""

from __future__ import annotations

import math
import os
from typing import Any

from hinterland.cli import options
from hinterland.cli.console import messages, print_json, print_table


def datasets(quiet: options.Quiet = False, as_json: options.Json = False) -> None:
    """List the papers' data sets, tables and pictures, and which are on this machine."""
    with messages(quiet) as say:
        found = list(_found(say))
    if as_json:
        print_json(found)
        return
    lines = [
        (entry["name"], entry["rows"] or "", entry["columns"] or "", entry["anomalies"] or "", entry["note"])
        for entry in found
    ]
    print_table(lines, ["data set", "rows", "columns", "anomalies", ""], right=(1, 2, 3))


def _found(say: Any) -> Any:
    """An entry a data set, those missing with what to do; nothing is downloaded."""
    from hinterland import datasets as public
    from hinterland.errors import HinterlandError

    offline = os.environ.get("HINTERLAND_OFFLINE")
    os.environ["HINTERLAND_OFFLINE"] = "1"
    try:
        with say.progress("state") as progress:
            loaders: dict[str, Any] = dict.fromkeys(public.names(), public.load)
            loaders |= dict.fromkeys(public.picture_names(), public.load_pictures)
            task = progress.add_task("Looking", total=len(loaders), state="")
            for name, load in loaders.items():
                progress.update(task, state=name)
                entry = {
                    "name": name,
                    "found": True,
                    "rows": None,
                    "columns": None,
                    "anomalies": None,
                    "note": "",
                }
                try:
                    entry |= _counts(load(name))
                except HinterlandError as error:
                    entry |= {"found": False, "note": str(error).splitlines()[0]}
                progress.update(task, advance=1)
                yield entry
    finally:
        if offline is None:
            del os.environ["HINTERLAND_OFFLINE"]
        else:
            os.environ["HINTERLAND_OFFLINE"] = offline


def _counts(loaded: Any) -> dict[str, Any]:
    """What an entry says of a table or of a set of pictures, whose anomalies depend on the classes called normal."""
    if hasattr(loaded, "pictures"):
        n_rows, *shape = loaded.pictures.shape
        note = f"pictures of {' x '.join(map(str, shape))}, {len(loaded.classes)} classes"
        return {"rows": n_rows, "columns": math.prod(shape), "note": note}
    n_rows, n_columns = loaded.X.shape
    return {"rows": n_rows, "columns": n_columns, "anomalies": int(loaded.is_anomaly.sum())}
