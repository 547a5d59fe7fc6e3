"""What a command costs: CPU of its whole process tree, time, and peak memory."""

import json
import os
import statistics
import subprocess
import sys

# A small process of its own starts the command, as the peak of a process counts what its parent had when it was forked.
STARTER = """
import os, sys, time
report, command = int(sys.argv[1]), sys.argv[2:]
began = time.monotonic()
child = os.fork()
if not child:
    try:
        os.execvp(command[0], command)
    except OSError as fault:
        os.write(2, f"{command[0]}: {fault}\\n".encode())
        os._exit(127)
_, status, use = os.wait4(child, 0)
wall = time.monotonic() - began
code = os.waitstatus_to_exitcode(status)
os.write(report, f'[{use.ru_utime + use.ru_stime}, {wall}, {use.ru_maxrss}, {code}]'.encode())
"""


class Cost:
    """CPU seconds, wall seconds and peak memory in MiB of a command, and how it ended."""

    def __init__(self, cpu, wall, peak, code=0, said=""):
        self.cpu, self.wall, self.peak, self.code, self.said = cpu, wall, peak, code, said

    def __add__(self, other):
        return Cost(self.cpu + other.cpu, self.wall + other.wall, max(self.peak, other.peak))


def measure(command, output=os.devnull, env=None, folder=None):
    """Runs a command, its standard output into a file, and tells what it cost."""
    reader, writer = os.pipe()
    with open(output, "wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", STARTER, str(writer), *map(str, command)],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, pass_fds=[writer],
            env={**os.environ, **(env or {})}, cwd=folder)
    os.close(writer)
    said = child.communicate()[1].decode(errors="replace")
    with os.fdopen(reader) as report:
        text = report.read()
    if not text:
        raise RuntimeError(f"the command could not be measured: {said.strip()}")
    cpu, wall, peak, code = json.loads(text)
    return Cost(cpu, wall, peak / 1024, code, said)


def floor():
    """The peak memory that is told of a process that does nothing: less than that cannot be seen."""
    return measure([sys.executable, "-I", "-S", "-c", ""]).peak if not os.path.exists("/bin/true") else measure(["/bin/true"]).peak


def median(costs):
    """The median of each figure over the rounds."""
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in ("cpu", "wall", "peak")))


def ratio(costs, others, name):
    """The median over the rounds of how many times as much one costs as the other in the same round."""
    pairs = [(getattr(cost, name), getattr(other, name)) for cost, other in zip(costs, others)]
    return statistics.median(one / max(other, 0.001) for one, other in pairs)
