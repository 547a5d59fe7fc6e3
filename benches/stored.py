"""The task `store`: a sync that remembers links and last-synced values, run first, again without a change, and with 1 %."""

import csv
import json
import shutil
from pathlib import Path

from check import compare, rows_of
from measure import measure
from people import PERSON

PROJECT = Path(__file__).resolve().parent / "store"
ACCOUNT = (
    "id civic_no first_name last_name mail mobile street post_code town born sex kind marking status changed_at"
).split()
PHASES = ("first", "no-op", "1 %", "reading")
CHANGED_EACH = 100


def prepare(data, folder, changed):
    """A fresh copy of the project: the people of the register, no accounts yet, and nothing remembered."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(PROJECT, folder)
    (folder / "input").mkdir()
    (folder / "output").mkdir()
    shutil.copyfile(Path(data) / "persons.csv", folder / "input" / "persons.csv")
    with open(folder / "output" / "accounts.csv", "w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerow(ACCOUNT)
    change(folder / "input" / "persons.csv", changed)


def change(source, target):
    """The same register on another day: each hundredth person has moved."""
    at = PERSON.index("street")
    with open(target, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for n, row in enumerate(rows_of(source)):
            if n % CHANGED_EACH == 1:
                row[at] = f"Flyttgatan {n}"
            writer.writerow(row)


def accounts(register):
    """The accounts that a register must lead to: the same values under other names."""
    rows = rows_of(register)
    next(rows)
    yield ACCOUNT
    yield from rows


def complaints(folder, register, outcome, expected):
    """What is wrong after a run: with the changes that it tells, or with the file that it delivered."""
    try:
        done = json.loads(outcome.read_text(encoding="utf-8"))["summary"]["done"]
    except (ValueError, KeyError) as fault:
        return [f"the outcome cannot be read: {fault}"]
    told = {(step["op"], step["entity"]): step["count"] for step in done if step["count"]}
    wrong = [] if told == expected else [f"the run tells {told}, and should tell {expected}"]
    delivered = folder / "output" / "accounts.csv"
    return wrong + compare(lambda: accounts(register), lambda: rows_of(delivered), "id")


def once(koppla, data, folder, as_of):
    """One round: {phase: (cost, complaints)}, and the size of the store in bytes after each run."""
    project, changed, outcome = folder / "project", folder / "changed.csv", folder / "outcome.json"
    folder.mkdir(parents=True, exist_ok=True)
    prepare(data, project, changed)
    register = project / "input" / "persons.csv"
    people = sum(1 for _ in rows_of(register)) - 1
    moved = len(range(1, people + 1, CHANGED_EACH))
    told = {"first": {("create", "account"): people}, "no-op": {}, "1 %": {("update", "account"): moved}}
    found, sizes = {}, {}
    for phase in PHASES[:3]:
        if phase == "1 %":
            shutil.copyfile(changed, register)
        cost = measure([koppla, "run", "store", "--project", project, "--as-of", as_of, "--format", "json", "--quiet"], outcome)
        wrong = [f"exit {cost.code}: {cost.said.strip()}"] if cost.code else complaints(project, register, outcome, told[phase])
        found[phase] = cost, wrong
        sizes[phase] = sum(path.stat().st_size for path in (project / ".koppla").glob("store.sqlite*"))
    found["reading"] = reading(koppla, project, folder / "read", people, as_of)
    return found, sizes


def reading(koppla, project, folder, people, as_of):
    """What it costs to read both sides, and to write them down as they are: the measure for the run without a change."""
    total, wrong = None, []
    for side in ("read-register", "read-accounts"):
        cost = measure([koppla, "map", side, "--project", project, "--as-of", as_of, "--out", folder])
        total = total + cost if total else cost
        if cost.code:
            wrong.append(f"{side}: exit {cost.code}: {cost.said.strip()}")
        elif sum(1 for _ in rows_of(folder / "row.csv")) != people + 1:
            wrong.append(f"{side}: not all {people} people were read")
    return total, wrong
