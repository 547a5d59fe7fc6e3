"""Rows a second and peak memory of each format: through Koppla's sessions, and in a plain loop over the same library."""

import json
import shutil
import subprocess

from measure import floor, measure, median

FORMATS = ("csv", "json", "ndjson", "xml", "xlsx", "fixed", "zip")
# A sheet holds 1,048,576 rows, its header among them.
SHEET = 1_048_575
VERBS = (("write", "plain-write"), ("read", "plain-read"))


class Odd(Exception):
    """Two ways of reading one file have seen something else."""


def built(root):
    """Builds the program, and tells where it lies."""
    command = ["cargo", "bench", "--no-run", "--locked", "--bench", "formats", "--message-format=json-render-diagnostics"]
    made = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, text=True)
    if made.returncode:
        raise RuntimeError("cargo could not build the bench of the formats")
    lines = (json.loads(line) for line in made.stdout.splitlines() if line.startswith("{"))
    return [line["executable"] for line in lines if line.get("executable")][-1]


def once(program, name, size, folder):
    """Writes and reads a file in both ways; the cost of each, and what was wrong. Both ways read both files."""
    costs, seen = {}, {}
    for who, writer in (("koppla", "write"), ("plain", "plain-write")):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        costs["write", who] = run(program, writer, name, folder, size)[0]
        if name == "zip" and who == "plain":
            # The plain loop writes the table alone: packing is the same library in both.
            continue
        for reader, verb in (("koppla", "read"), ("plain", "plain-read")):
            cost, said = run(program, verb, name, folder, size)
            seen[who, reader] = said
            if reader == who or name == "zip":
                costs["read", reader] = cost
    if len(set(seen.values())) != 1 or not next(iter(seen.values())).startswith(f"{size} "):
        raise Odd(f"{name}: rows and letters differ: {seen}")
    return costs


def run(program, verb, name, folder, size):
    output = folder / "said"
    cost = measure([program, verb, name, folder, size], output)
    if cost.code:
        raise Odd(f"{verb} {name}: {cost.said.strip()}")
    return cost, output.read_text().strip()


def table(program, size, rounds, folder):
    """Measures all formats and prints the figures; true if something was wrong."""
    print(f"{'format':<8} {'what':<6} {'rows/s':>12} {'plain':>12} {'times':>6} {'peak MiB':>9} {'plain':>9}")
    wrong = False
    for name in FORMATS:
        count = min(size, SHEET) if name == "xlsx" else size
        try:
            found = [once(program, name, count, folder) for _ in range(rounds)]
        except Odd as odd:
            print(f"wrong: {odd}")
            wrong = True
            continue
        for what in ("write", "read"):
            mine, plain = (median([costs[what, who] for costs in found]) for who in ("koppla", "plain"))
            speed = [count / max(cost.cpu, 0.001) for cost in (mine, plain)]
            print(f"{name:<8} {what:<6} {speed[0]:>12,.0f} {speed[1]:>12,.0f} {mine.cpu / max(plain.cpu, 0.001):>6.2f} "
                  f"{mine.peak:>9.1f} {plain.peak:>9.1f}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{size:,} people of eight fields, a process for each figure, medians of {rounds} rounds, rows by second of CPU; "
          f"a peak below {floor():.0f} MiB cannot be told")
    return wrong
