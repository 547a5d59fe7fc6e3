"""Tests of the generator and of the check itself: a wrong value in an output must be found.

No Koppla is needed: a small program stands in for it, which gives the expected outputs, or plants one wrong value in them.
"""

import csv
import filecmp
import json
import os
import random
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import check
import stored
from generate import generate
from people import COLUMNS, PERSON

HERE = Path(__file__).resolve().parent
PEOPLE = 3000
PLANTED = "planted by the test"

STAND_IN = """#!{python}
import csv, os, sys
from pathlib import Path
data, wrong = Path(os.environ["BENCH_DATA"]) if "BENCH_DATA" in os.environ else None, os.environ.get("PLANT_IN")
if sys.argv[1] == "--version":
    sys.exit(print("stand-in 0"))
verb, sync = sys.argv[1:3]
name = "A.csv" if verb == "map" else "B.csv"
rows = list(csv.reader(open(Path(os.environ["ANSWERS"]) / name, encoding="utf-8", newline="")))
if sync == wrong:
    rows[len(rows) // 2][2] = "{planted}"
out = sys.stdout
if verb == "map":
    folder = Path(sys.argv[sys.argv.index("--out") + 1])
    folder.mkdir(parents=True)
    out = open(folder / "person.csv", "w", encoding="utf-8", newline="")
csv.writer(out, lineterminator="\\n").writerows([rows[0]] + rows[:0:-1])
"""

STAND_IN_REFERENCE = """
import os, shutil, sys
from pathlib import Path
if sys.argv[1] == "digest":
    print(sum(hash(line) for line in sorted(Path(sys.argv[2]).read_bytes().replace(b'"', b"").splitlines())))
else:
    shutil.copyfile(Path(os.environ["ANSWERS"]) / ("A.csv" if sys.argv[1] == "map" else "B.csv"), sys.argv[3])
"""


class Tests:
    """Counts what holds, and tells what does not."""

    def __init__(self):
        self.passed, self.failed = 0, []

    def holds(self, what, condition):
        if condition:
            self.passed += 1
        else:
            self.failed.append(what)
            print(f"failed: {what}", file=sys.stderr)


def read(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def same(one, other):
    """Whether two folders hold the same files with the same bytes."""
    names = sorted(str(path.relative_to(one)) for path in one.rglob("*") if path.is_file())
    others = sorted(str(path.relative_to(other)) for path in other.rglob("*") if path.is_file())
    return names == others and filecmp.cmpfiles(one, other, names, shallow=False)[0] == names


def the_generator(tests, folder):
    """The same call gives the same bytes, and everything that may be wrong with a register is there."""
    data = folder / "data"
    generate(PEOPLE, data)
    generate(PEOPLE, folder / "again")
    generate(PEOPLE, folder / "other", seed=2)
    tests.holds("the same seed gives the same bytes", same(data, folder / "again"))
    tests.holds("another seed gives other people", not same(data, folder / "other"))
    people, mapped = read(data / "persons.csv"), read(data / "expected" / "A.csv")
    tests.holds("as many people as were asked for", len(people) == len(mapped) == PEOPLE)
    tests.holds("the columns are those of the work", list(people[0]) == PERSON and list(mapped[0]) == COLUMNS)
    tests.holds("nobody has the civic number of another", len({row["key"] for row in mapped}) == PEOPLE)
    memberships, enrolments = read(data / "memberships.csv"), read(data / "enrolments.csv")
    for what, some in {
        "civic numbers of 10 digits": (sum(map(str.isdigit, row["personnummer"])) == 10 for row in people),
        "names in capitals": (row["given_name"].isupper() for row in people),
        "names with spaces": (row["family_name"].startswith(" ") for row in people),
        "e-mails in capitals": (row["email"].isupper() for row in people),
        "phones with 00": (row["phone"].startswith("00") for row in people),
        "phones with brackets": ("(" in row["phone"] for row in people),
        "protected people": (row["protected"] == "true" for row in mapped),
        "ended memberships": (row["end_date"] != "" for row in memberships),
        "cancelled enrolments": (row["cancelled"] == "true" for row in enrolments),
        "streets with a quote": ('"' in row["street"] for row in people),
        **{f"no {name}": (row[name] == "" for row in people) for name in ("email", "phone", "street", "city", "sex", "type")},
    }.items():
        tests.holds(f"there are {what}", 0 < sum(some) < PEOPLE)
    order = {row["id"]: n for n, row in enumerate(people)}
    for name, rows in {"enrolments": enrolments, "memberships": memberships}.items():
        places = [order[row["person_id"]] for row in rows]
        tests.holds(f"{name} are in another order", places != sorted(places))
    nested = [json.loads(line)["id"] for line in open(data / "persons.ndjson", encoding="utf-8")]
    documents = json.loads((data / "persons.json").read_text(encoding="utf-8"))["data"]
    elements = ElementTree.parse(data / "persons.xml").getroot().iterfind("person/sourcedid/id")
    tests.holds("each format has everybody", nested == [row["id"] for row in people]
                == [row["id"] for row in documents] == [element.text for element in elements])


def the_state(tests, folder):
    """The state differs in the shares that were asked for, and `expected/B.csv` tells all of it."""
    data = folder / "data"
    generate(PEOPLE, folder / "sixty", changed=60, formats=())
    for share, where in ((2, data), (60, folder / "sixty")):
        changes, state = read(where / "expected" / "B.csv"), read(where / "state.csv")
        mapped = {row["key"]: row for row in read(where / "expected" / "A.csv")}
        by_mail = {row["email"]: row for row in mapped.values() if row["email"]}
        updates = sum(row["op"] == "update" and row["changed"] != "key" for row in changes)
        tests.holds(f"about {share} % are changed", abs(updates / PEOPLE - share / 100) < 0.03)
        tests.holds("people without a key in the state", sum(row["changed"] == "key" for row in changes) > 0)
        tests.holds("people whom the state does not know", sum(row["op"] == "create" for row in changes) > 0)
        tests.holds("people who left", sum(row["op"] == "deactivate" for row in changes) > 0)
        same_rows = sum(row == mapped.get(row["key"]) for row in state)
        updated = sum(row["op"] == "update" for row in changes)
        created = sum(row["op"] == "create" for row in changes)
        tests.holds("what no change tells of is the same", same_rows + updated + created == PEOPLE)
        told = {row["key"]: row["changed"] for row in changes if row["op"] == "update"}
        differing = {}
        for row in state:
            person = mapped.get(row["key"]) or (by_mail.get(row["email"]) if not row["key"] else None)
            if person and row != person:
                differing[person["key"]] = ";".join(name for name in COLUMNS if row[name] != person[name])
        tests.holds("each change names the columns that differ", told == differing)


def the_check(tests, folder):
    """A right output in another order passes; any wrong one does not, and it is told what is wrong."""
    rows = list(check.rows_of(folder / "data" / "expected" / "A.csv"))
    phone = COLUMNS.index("phone")
    others = rows[1:]
    random.Random(1).shuffle(others)
    planted = [list(row) for row in rows]
    planted[7][phone] = PLANTED

    def said(given):
        return check.compare(lambda: iter(rows), lambda: iter(given), "source_id")

    tests.holds("another order is right", said([rows[0], *others]) == [])
    wrong = said(planted)
    tests.holds("a wrong value is found", wrong[:1] == ["1 rows should not be there, 1 rows are missing"])
    tests.holds("it is told where", wrong[1:] == [f"source_id {rows[7][1]}: phone is `{PLANTED}`, and should be `{rows[7][phone]}`"])
    tests.holds("a row too few is found", said(rows[:-1])[:1] == ["0 rows should not be there, 1 rows are missing"])
    tests.holds("a row twice is found", said([*rows, rows[3]])[:1] == ["1 rows should not be there, 0 rows are missing"])
    tests.holds("a cell too few is found", said([*rows[:-1], rows[-1][:-1]]) != [])
    tests.holds("other columns are found", said([rows[0][::-1], *rows[1:]]) != [])
    tests.holds("nothing at all is found", said([]) != [] and said(rows[:1]) != [])


def the_program(tests, folder):
    """`benches/run` ends with 1 if one value in one output is wrong, whoever judges."""
    program, reference, data, bare = folder / "koppla", folder / "reference.py", folder / "data", folder / "bare"
    program.write_text(STAND_IN.format(python=sys.executable, planted=PLANTED), encoding="utf-8")
    program.chmod(0o755)
    reference.write_text(STAND_IN_REFERENCE, encoding="utf-8")
    bare.mkdir()
    os.link(data / "persons.csv", bare / "persons.csv")

    def run(where, wrong, judge=folder / "none"):
        command = [sys.executable, HERE / "run", "--koppla", program, "--data", where, "--out", folder / "out",
                   "--tasks", "A,A2,B,C", "--rounds", "1", "--reference", judge]
        env = {**os.environ, "ANSWERS": str(data / "expected"), "PLANT_IN": wrong, "PYTHONHASHSEED": "0"}
        return subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    for judge, where in (("expected files", data), ("reference.py", bare)):
        done = run(where, "", reference)
        tests.holds(f"{judge}: right outputs pass", done.returncode == 0 and done.stdout.count(" right") == 4)
        for task, sync in (("A", "bench-map"), ("A2", "bench-documents"), ("B", "bench-diff"), ("C", "bench-both")):
            done = run(where, sync, reference)
            tests.holds(f"{judge}: a wrong value in {task} is found",
                        done.returncode == 1 and done.stdout.count("WRONG") == 1
                        and f"wrong: {task} (koppla)" in done.stderr and PLANTED in done.stderr)
    done = run(bare, "")
    tests.holds("that nothing was checked is said",
                done.returncode == 0 and done.stdout.count("not checked") == 4 and "checked against nothing" in done.stdout)


def the_store(tests, folder):
    """A wrong account, and a wrong number of changes, are found."""
    register, outcome = folder / "data" / "persons.csv", folder / "outcome.json"
    (folder / "output").mkdir()
    rows = list(stored.accounts(register))

    def said(accounts, count):
        with open(folder / "output" / "accounts.csv", "w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(accounts)
        done = [{"entity": "account", "op": "update", "count": count}] if count else []
        outcome.write_text(json.dumps({"summary": {"done": done}}), encoding="utf-8")
        return stored.complaints(folder, register, outcome, {})

    tests.holds("the right accounts and no change are right", said(rows, 0) == [])
    tests.holds("a change on a run without one is found", len(said(rows, 1)) == 1)
    wrong = [list(row) for row in rows]
    wrong[5][4] = PLANTED
    tests.holds("a wrong account is found", any(PLANTED in line for line in said(wrong, 0)))


def main():
    tests = Tests()
    with tempfile.TemporaryDirectory() as folder:
        for part in (the_generator, the_state, the_check, the_program, the_store):
            part(tests, Path(folder))
    print(f"{tests.passed} passed, {len(tests.failed)} failed")
    return 1 if tests.failed else 0
