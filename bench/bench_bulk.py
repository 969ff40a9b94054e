"""A Bulk Data folder as charts, in a process of its own: how fast on one core, and in how much memory.

The rate is of processor time, everything from the bytes of the files to the last chart included. Beside
it: `json.loads` of the same lines in the same process, which checks nothing and keeps nothing.
"""

from __future__ import annotations

import gzip
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OBSERVATIONS = 200_000
PATIENTS = 5_000
LEAST_RATE = 20_000
"""Observations per second and core."""
MOST_MEMORY = 300
"""MB at the peak of the process."""

CODES = {
    "777-3": ("Platelets [#/volume] in Blood by Automated count", "10*3/uL", 20, 400),
    "29463-7": ("Body weight", "kg", 40, 140),
    "2160-0": ("Creatinine [Mass/volume] in Serum or Plasma", "mg/dL", 0, 3),
    "1975-2": ("Bilirubin.total [Mass/volume] in Serum or Plasma", "mg/dL", 0, 3),
}


def observation(index: int, chance: random.Random) -> dict[str, object]:
    """A laboratory result with the members that a US Core server sends."""
    code = chance.choice(sorted(CODES))
    display, unit, low, high = CODES[code]
    when = f"2026-{chance.randint(1, 11):02d}-{chance.randint(1, 28):02d}T08:30:00.000+01:00"
    profile = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-observation-lab"
    category = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {
        "resourceType": "Observation",
        "id": f"observation-{index}",
        "meta": {"profile": [profile]},
        "status": "final",
        "category": [{"coding": [{"system": category, "code": "laboratory", "display": "laboratory"}]}],
        "code": {
            "coding": [{"system": "http://loinc.org", "code": code, "display": display}],
            "text": display,
        },
        "subject": {"reference": f"Patient/patient-{chance.randrange(PATIENTS)}"},
        "encounter": {"reference": f"Encounter/encounter-{index}"},
        "effectiveDateTime": when,
        "issued": when,
        "valueQuantity": {
            "value": round(chance.uniform(low, high), 2),
            "unit": unit,
            "system": "http://unitsofmeasure.org",
            "code": unit,
        },
    }


def write(folder: Path) -> None:
    """Two files of Observations, one of them compressed, and one of Patients."""
    chance = random.Random(1)
    plain, packed = folder / "Observation.000.ndjson", folder / "Observation.001.ndjson.gz"
    with plain.open("wb") as first, gzip.open(packed, "wb", compresslevel=1) as second:
        for index in range(OBSERVATIONS):
            line = json.dumps(observation(index, chance), separators=(",", ":")).encode() + b"\n"
            (second if index % 2 else first).write(line)
    with (folder / "Patient.ndjson").open("w") as patients:
        for index in range(PATIENTS):
            person = {"resourceType": "Patient", "id": f"patient-{index}", "birthDate": "1960-01-01"}
            patients.write(json.dumps(person) + "\n")


def read(folder: Path) -> None:
    """The measured process; prints its figures as JSON."""
    from fhir_adapters import charts_of_folder

    begin = time.process_time()
    report, charts = charts_of_folder(folder)
    observations = sum(len(list(chart.of_types("Observation"))) for chart in charts)
    taken = time.process_time() - begin
    assert (observations, report.charts, report.faults) == (OBSERVATIONS, PATIENTS, [])
    # Linux counts in kilobytes.
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    begin = time.process_time()
    for path in folder.iterdir():
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            for line in lines:
                json.loads(line)
    yardstick = time.process_time() - begin
    print(json.dumps({"taken": taken, "memory": memory, "yardstick": yardstick}))


def main() -> int:
    """Measures and prints; 1 if a bound is missed."""
    with tempfile.TemporaryDirectory() as name:
        write(Path(name))
        size = sum(path.stat().st_size for path in Path(name).iterdir()) / 1e6
        command = [sys.executable, "-m", "bench.bench_bulk", name]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(ran.stdout)
    rate = OBSERVATIONS / found["taken"]
    held = rate >= LEAST_RATE and found["memory"] <= MOST_MEMORY
    print(f"{OBSERVATIONS:,} Observations of {PATIENTS:,} patients, {size:.0f} MB in three files")
    print(f"  strictly read, as charts   {rate:8,.0f} per second and core, at least {LEAST_RATE:,}")
    print(f"  json.loads of the lines    {OBSERVATIONS / found['yardstick']:8,.0f}")
    print(f"  ratio of the times         {found['taken'] / found['yardstick']:8.1f}")
    print(f"  peak memory                {found['memory']:8.0f} MB, at most {MOST_MEMORY}")
    print("held" if held else "MISSED")
    return 0 if held else 1


if __name__ == "__main__":
    if len(sys.argv) > 1:
        read(Path(sys.argv[1]))
    else:
        sys.exit(main())
