"""Mutations of files, drawn from a seeded generator: what an accident, or somebody who means it, makes of them.

Used by ``fuzz.py`` beside this, and by the bounded fuzzers in ``tests/fuzz``.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors.numpy

MANIFEST, TENSORS, DIGESTS = "manifest.json", "tensors.safetensors", "SHA256SUMS"

HOSTILE: list[Any] = [
    None, True, -1, 0, 1, 2, 255, 2**31, 2**63, 10**12, 10**40, -(10**9), 0.5, -0.5, 1e308, 1e-308, 1e30, "",
    "x", "auto", "cpu", "\x1b[31m", "a" * 20_000, "/tmp/place", [], [1] * 2_000, [10**6], [0], {}, {"a": 1},
    {"$float": "nan"}, {"$float": "inf"}, {"$float": "x"}, {"$tuple": [1, "a"]}, {"$text": [1]}, {"$dict": [[1, 2]]},
    {"$array": {"name": "references_", "shape": [1], "dtype": "float64"}}, {"$call": ["os.system", "true"]},
    {"$network": {"class": "Autoencoder", "settings": {"n_features": 10**5, "hidden": [10**4]}}},
    {"$density": {"class": "GaussianMixture", "settings": {"n_features": 10**4, "n_components": 10}}},
    {"$scaling": {"class": "InputScaling", "settings": {"n_features": 10**9}}},
    {"$detector": {"class": "CANCE", "parameters": {"memory": "/tmp/place"}}},
]  # fmt: skip
NUMBERS = [np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300, -1e300, 1e-300, 1e18, 1.5]


def of_bytes(content: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, lost, added or moved."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 5, 20])):
        if not changed:
            break
        place, length = rng.randrange(len(changed)), rng.choice([1, 1, 2, 8, 64])
        match rng.randrange(6):
            case 0:
                changed[place] ^= 1 << rng.randrange(8)
            case 1:
                changed[place : place + length] = bytes(length)
            case 2:
                del changed[place : place + length]
            case 3:
                changed[place:place] = rng.randbytes(length)
            case 4:
                other = rng.randrange(len(changed))
                changed[place : place + length] = changed[other : other + length]
            case 5 if rng.random() < 0.3:
                del changed[place:]
            case _:
                changed[place] = rng.randrange(256)
    return bytes(changed)


# Model files


def of_model(content: bytes, rng: random.Random) -> bytes:
    """A model file with its bytes changed; or with its manifest, its arrays or its members, the digests remade."""
    kind = rng.choice(["bytes", "manifest", "manifest", "manifest", "arrays", "arrays", "header", "members"])
    if kind == "bytes":
        return of_bytes(content, rng)
    members = read_members(content)
    if kind == "manifest":
        manifest = json.loads(members[MANIFEST])
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            _change_json(manifest, rng)
        members[MANIFEST] = json.dumps(manifest).encode()
    elif kind == "arrays":
        arrays = safetensors.numpy.load(members[TENSORS])
        for _ in range(rng.choice([1, 1, 2])):
            _change_arrays(arrays, rng)
        members[TENSORS] = safetensors.numpy.save(arrays)
    elif kind == "header":
        name = rng.choice([MANIFEST, TENSORS])
        length = 8 + struct.unpack("<Q", members[TENSORS][:8])[0] if name == TENSORS else len(members[name])
        members[name] = of_bytes(members[name][:length], rng) + members[name][length:]
    return write_members(members, rng if kind == "members" else None)


def read_members(content: bytes) -> dict[str, bytes]:
    """Members of a model file but for its digests."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != DIGESTS}


def write_members(members: dict[str, bytes], rng: random.Random | None = None) -> bytes:
    """A file of members and their digests; with a generator, of a wrong structure."""
    digests = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in members.items())
    entries = [*members.items(), (DIGESTS, digests.encode())]
    method = zipfile.ZIP_STORED
    if rng is not None:
        match rng.randrange(7):
            case 0:
                entries.append(rng.choice(entries))
            case 1:
                entries.append((rng.choice(["../../evil", "/etc/x", "a" * 300, "\x1b[31m"]), b"x"))
            case 2:
                entries.remove(rng.choice(entries))
            case 3:
                rng.shuffle(entries)
            case 4:
                method = zipfile.ZIP_DEFLATED
            case 5:
                place = rng.randrange(len(entries))
                entries[place] = (entries[place][0] + rng.choice([" ", "x", "/"]), entries[place][1])
            case _:
                place = rng.randrange(len(entries))
                entries[place] = (entries[place][0], rng.choice([b"", b"[]", b"\xff" * 100, b"{" * 10**5]))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.filelist.clear()
        for name, content in entries:
            archive.NameToInfo.pop(name, None)  # a name may be there twice
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, method)
    return buffer.getvalue()


def _places(node: Any) -> list[tuple[Any, Any]]:
    """Every container in JSON with each of its keys."""
    found: list[tuple[Any, Any]] = []
    waiting = [node]
    while waiting:
        container = waiting.pop()
        keys = list(container) if isinstance(container, dict) else list(range(len(container)))
        found += [(container, key) for key in keys]
        waiting += [container[key] for key in keys if isinstance(container[key], dict | list)]
    return found


def _change_json(document: Any, rng: random.Random) -> None:
    places = _places(document)
    if not places:
        return
    container, key = rng.choice(places)
    value = container[key]
    match rng.randrange(8):
        case 0:
            del container[key]
        case 1 if isinstance(container, dict):
            container[rng.choice(["memory", "device", "on_epoch", "x", "$model", f"{key}_", key.upper()])] = (
                container.pop(key)
            )
        case 2:
            other, name = rng.choice(places)
            container[key] = copy.deepcopy(other[name])
        case 3 if isinstance(value, int | float) and not isinstance(value, bool):
            container[key] = rng.choice(
                [-value, value + 1, value - 1, value * 2, value * 1e6, int(value) ** 9]
            )
        case 4 if isinstance(container, dict):
            container[rng.choice(["memory", "n_threads", "batch_rows", "graph"])] = rng.choice(HOSTILE)
        case 5 if isinstance(value, list) and value:
            container[key] = rng.choice([value[:-1], value + value[-1:], value[::-1], value * 50])
        case 6:
            for _ in range(rng.choice([1, 3, 50, 300])):
                value = [value]
            container[key] = value
        case _:
            container[key] = copy.deepcopy(rng.choice(HOSTILE))


def _change_arrays(arrays: dict[str, np.ndarray], rng: random.Random) -> None:
    if not arrays:
        return
    name = rng.choice(sorted(arrays))
    array = arrays[name]
    match rng.randrange(9):
        case 0:
            del arrays[name]
        case 1:
            other = rng.choice(sorted(arrays))
            arrays[name], arrays[other] = arrays[other], array
        case 2:
            arrays[name] = np.ascontiguousarray(array.T)
        case 3:
            arrays[name] = array.astype(
                rng.choice(["float16", "float32", "int64", "bool", "uint8", "float64"])
            )
        case 4:
            arrays[name] = array.reshape(-1)[: rng.randrange(array.size + 1)].copy()
        case 5:
            arrays[f"{name}x"] = arrays.pop(name)
        case 6:
            arrays[name] = np.zeros((0, *array.shape), array.dtype)
        case _ if array.size:
            changed = array.copy()
            flat = changed.reshape(-1)
            where = slice(None) if rng.random() < 0.3 else rng.randrange(array.size)
            with np.errstate(all="ignore"):
                flat[where] = np.array(rng.choice(NUMBERS)).astype(array.dtype)
            arrays[name] = changed


# Tables


TEXTS = [
    "", "NA", "1e400", "-1e308", "1,5", "1.234.567,8", "$ 3", "0x1F", "1_000", "nan", "inf", "-0", "9" * 400, "true",
    "2024-02-30", "0000-01-01", "9999-12-31T23:59:60Z", "31/12/24", "12:61", "=HYPERLINK(1)", "@x", "\x1b[2J", "\x00",
    'a"b', '"', "'", ",", ";", "\t", "\ufeff", "\u202e", "é", "\U0001f600", "x" * 70_000, "a\nb", "a\rb", " 3 ", "3%",
]  # fmt: skip


def of_csv(content: bytes, rng: random.Random) -> bytes:
    """A CSV file with its bytes, cells, rows, columns or encoding changed."""
    match rng.randrange(8):
        case 0 | 1:
            return of_bytes(content, rng)
        case 2:
            text = content.decode()
            return text.encode(rng.choice(["utf-16", "utf-8-sig", "latin-1", "utf-32"]), "replace")
        case 3:
            return content.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\n", b"\n\r", b"\x85"]))
        case 4:
            return content.replace(b",", rng.choice([b";", b"\t", b"|", b",,", b" "]))
    lines = [line.split(",") for line in content.decode().split("\n")]
    for _ in range(rng.choice([1, 1, 3, 10])):
        place = rng.randrange(len(lines))
        line = lines[place] or [""]
        match rng.randrange(7):
            case 0:
                line.append(rng.choice(TEXTS))
            case 1 if len(line) > 1:
                del line[rng.randrange(len(line))]
            case 2:
                lines.insert(place, [rng.choice(TEXTS)])
            case 3:
                del lines[place:]
                lines.append([])
            case 4:
                j, text = rng.randrange(len(line)), rng.choice(TEXTS)
                for other in lines[1:]:
                    if len(other) > j:
                        other[j] = text
            case _:
                line[rng.randrange(len(line))] = rng.choice(TEXTS)
    return "\n".join(",".join(line) for line in lines).encode("utf-8", "surrogatepass")


def of_parquet(content: bytes, rng: random.Random) -> bytes:
    """A Parquet file with its bytes changed, or its columns: of other types, absent, repeated, empty."""
    if rng.random() < 0.5:
        return of_bytes(content, rng)
    table = pq.read_table(io.BytesIO(content))
    for _ in range(rng.choice([1, 1, 2])):
        j = rng.randrange(table.num_columns)
        name, n = table.column_names[j], table.num_rows
        match rng.randrange(5):
            case 0 if table.num_columns > 1:
                table = table.remove_column(j)
            case 1:
                table = table.append_column(name, table.column(j))
            case 2:
                table = table.slice(0, rng.randrange(3))
            case 3:
                names = list(table.column_names)
                names[j] = rng.choice(["", "\x1b[2J", "x" * 10_000, "energy", *names])
                table = table.rename_columns(names)
            case _:
                made: Callable[[int], pa.Array] = rng.choice(COLUMNS)
                table = table.set_column(j, name, made(n))
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    return buffer.getvalue()


COLUMNS: list[Callable[[int], pa.Array]] = [
    lambda n: pa.nulls(n),
    lambda n: pa.array([None] * n, pa.float64()),
    lambda n: pa.array([float("inf"), float("nan")] * n, pa.float64())[:n],
    lambda n: pa.array([1e308, -1e308] * n, pa.float64())[:n],
    lambda n: pa.array([2**52, -(2**52)] * n, pa.timestamp("s"))[:n],
    lambda n: pa.array([2**62, -(2**62)] * n, pa.timestamp("us", "Europe/Berlin"))[:n],
    lambda n: pa.array([2**62] * n, pa.timestamp("ns")),
    lambda n: pa.array([2**31 - 1, -(2**31)] * n, pa.date32())[:n],
    lambda n: pa.array([86_399] * n, pa.time32("s")),
    lambda n: pa.array([2**62] * n, pa.duration("s")),
    lambda n: pa.array([[1, 2]] * n, pa.list_(pa.int64())),
    lambda n: pa.array([{"a": 1}] * n),
    lambda n: pa.array([b"\xff\x00"] * n, pa.binary()),
    lambda n: pa.array(["=1+1", "\x1b[2J"] * n)[:n],
    lambda n: pa.array(["x" * 70_000] * n),
    lambda n: pa.array(["a", None] * n).dictionary_encode()[:n],
    lambda n: pa.array([True, None] * n)[:n],
    lambda n: pa.array([2**64 - 1] * n, pa.uint64()),
    lambda n: pa.array(np.arange(n, dtype=np.float16)),
    lambda n: pa.array(list(range(n)), pa.decimal128(30, 2)),
]


# Result stores


def of_row(row: dict[str, Any], rng: random.Random) -> Any:
    """An exported result with some of its values changed, absent or of another type."""
    changed = copy.deepcopy(row)
    for _ in range(rng.choice([1, 1, 2, 4])):
        _change_json(changed, rng)
    if rng.random() < 0.2:
        name = rng.choice(["settings", "metrics", "parameters", "warnings", "versions"])
        changed[name] = rng.choice(
            ["", "[", "{}", "[]", "3", '{"a": NaN}', '"x"', "[" * 3_000, '{"a": {"b": "c"}}']
        )
    return changed if rng.random() < 0.95 else rng.choice(HOSTILE)
