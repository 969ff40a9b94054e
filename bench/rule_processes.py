"""Two fresh processes over a thousand rules: one parses, checks and writes a bundle, one loads it.

`python -m bench.rule_processes compile FILE` and `… load FILE`; each prints its figures as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from dsl.compiler.bundle import read_bundle, write_bundle

RULES = 1_000


def megabytes() -> float:
    """The most memory that this process has had; on Linux."""
    # What `getrusage` says includes the process from which this one was forked.
    status = Path("/proc/self/status").read_text("ascii").splitlines()
    return int(next(line for line in status if line.startswith("VmHWM:")).split()[1]) / 1024


def compiled(path: Path) -> dict[str, float]:
    """Parses, checks and writes; seconds are those of the processor, for others use it too."""
    from bench.rule_texts import MANY_NAMES, many_rules
    from dsl import RuleFile, check, parse_bytes

    sources = {name: text.encode() for name, text in many_rules(RULES).items()}
    begin, began = time.process_time(), time.perf_counter()
    read = [parse_bytes(text, name) for name, text in sources.items()]
    parsed = time.process_time()
    files = [file for file in read if isinstance(file, RuleFile)]
    result = check(files, MANY_NAMES)
    checked, ended = time.process_time(), time.perf_counter()
    if len(files) < len(sources) or not result.ok or len(result.rules) != RULES:
        raise SystemExit("the rules of the measurement have errors")
    path.write_bytes(write_bundle(result.rules, sources))
    return {
        "lines": sum(text.count(b"\n") for text in sources.values()),
        "parse": parsed - begin,
        "check": checked - parsed,
        "clock": ended - began,
        "memory": megabytes(),
    }


def loaded(path: Path) -> dict[str, float]:
    """Loads the bundle, then reads each of its rules."""
    began = time.perf_counter()
    content = path.read_bytes()
    bundle = read_bundle(content, {})
    ready = time.perf_counter()
    memory = megabytes()
    rules = bundle.rules()
    return {
        "bytes": len(content),
        "rules": len(rules),
        "load": ready - began,
        "memory": memory,
        "every": time.perf_counter() - ready,
        "memory of all": megabytes(),
    }


if __name__ == "__main__":
    print(json.dumps({"compile": compiled, "load": loaded}[sys.argv[1]](Path(sys.argv[2]))))
