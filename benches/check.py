"""Is an output right? It is if it has the rows that are expected, each as often, in any order."""

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

SHOWN = 3


def rows_of(path):
    """The rows of a CSV file, the header first."""
    with open(path, encoding="utf-8", newline="") as file:
        yield from csv.reader(file, strict=True)


def mark(row):
    return hashlib.blake2b("\x1f".join(row).encode(), digest_size=16).digest()


def compare(expected, actual, key):
    """What is wrong with `actual`, in a few lines; nothing if it is right.

    Both are functions that give the rows anew, the header first. `key` is the column by which a wrong row is shown beside
    the right one. Only a digest of each row is kept, so a million rows fit in little memory.
    """
    right, given = expected(), actual()
    header, written = next(right, None), next(given, None)
    if written != header:
        return [f"the columns are {written}, and should be {header}"]
    open_rows = {}
    for row in right:
        sign = mark(row)
        open_rows[sign] = open_rows.get(sign, 0) + 1
    surplus, wrong = {}, 0
    for row in given:
        sign = mark(row)
        if open_rows.get(sign, 0):
            open_rows[sign] -= 1
            continue
        wrong += 1
        if len(surplus) < SHOWN:
            surplus[sign] = row
    lacking = sum(open_rows.values())
    if not wrong and not lacking:
        return []
    return [f"{wrong} rows should not be there, {lacking} rows are missing", *shown(expected, header, surplus, open_rows, key)]


def shown(expected, header, surplus, open_rows, key):
    """The first wrong rows, each beside the row that is missing for the same key."""
    at = header.index(key)
    wanted = {row[at]: row for row in surplus.values() if len(row) == len(header)}
    missing, found = [], {}
    right = expected()
    next(right)
    for row in right:
        if open_rows.get(mark(row), 0):
            if row[at] in wanted:
                found[row[at]] = row
            elif len(missing) < SHOWN:
                missing.append(row)
    for row in surplus.values():
        other = found.get(row[at]) if len(row) == len(header) else None
        if other is None:
            yield f"too much: {','.join(row)}"
            continue
        for name, value, should in zip(header, row, other):
            if value != should:
                yield f"{key} {row[at]}: {name} is `{value}`, and should be `{should}`"
    for row in missing[:max(0, SHOWN - len(surplus))]:
        yield f"missing: {','.join(row)}"


class Nothing:
    """There is nothing to compare with, and that is said."""

    name = "nothing: the folder has no `expected`, and there is no reference.py"

    def complaints(self, _task, _path):
        return None


class Expected:
    """The files that the generator wrote beside its data."""

    def __init__(self, data):
        self.folder = Path(data) / "expected"
        self.name = "the expected files beside the data"

    def complaints(self, task, path):
        """What is wrong with the output of a task."""
        name, key = ("A.csv", "source_id") if task in ("A", "A2") else ("B.csv", "key")
        return compare(lambda: rows_of(self.folder / name), lambda: rows_of(path), key)


class Reference:
    """A program beside the project, which knows what a task gives. It is run, never imported."""

    def __init__(self, program, data, folder):
        self.program, self.data, self.folder, self.digests = Path(program), Path(data), Path(folder), {}
        self.name = f"{self.program}, run over the same data"

    def call(self, *arguments):
        return subprocess.run([sys.executable, str(self.program), *map(str, arguments)],
                              check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def expected(self, task):
        name, verb = ("A.csv", "map") if task in ("A", "A2") else ("B.csv", "map-diff")
        if name not in self.digests:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.call(verb, self.data, self.folder / name)
            self.digests[name] = self.call("digest", self.folder / name)
        return name, self.digests[name]

    def complaints(self, task, path):
        """What is wrong with the output of a task."""
        name, digest = self.expected(task)
        if self.call("digest", path) == digest:
            return []
        key = "source_id" if name == "A.csv" else "key"
        said = compare(lambda: rows_of(self.folder / name), lambda: rows_of(path), key)
        return said or ["its digest is another than that of the reference"]


def judge(data, reference, folder):
    """Who tells whether outputs from this data are right."""
    if (Path(data) / "expected").is_dir():
        return Expected(data)
    return Reference(reference, data, folder) if Path(reference).is_file() else Nothing()
