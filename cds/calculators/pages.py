"""Writes the page of every operation into a folder: `python -m cds.calculators.pages docs/calculators`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from calc.operations import Operation
from cds.calculators.answers import operations
from cds.calculators.page import page_of
from cds.guard import reasons_to_withhold
from kb import ready

_FIELDS: Final = {
    "nnt": "Effects of a treatment as reductions of risk and as numbers of people, and where strata differ.",
    "strat": "Drugs that are licensed for some variants only.",
    "evidence": "What an estimate is worth: confounding, another population, genes with surroundings.",
    "guard": "Whether acting by a model does more good than harm.",
    "pk": "Exposure: concentrations, clearance by kidney and size, binding, germs, receptors.",
    "dose": "Doses as strengths that can be given.",
    "mipd": "What measured levels say about one person, on top of what is known of the population.",
    "nof1": "The best dose for one person, by what that person wants and fears.",
    "af": "Anticoagulants in atrial fibrillation: scores, and the futures with and without.",
    "path": "Signalling networks: what a block stops, and what goes around it.",
    "rule": "What a rule of the knowledge base says about resources of one patient.",
    "pgx": "What a guideline of pharmacogenetics, as a rule of the knowledge base, says about phenotypes.",
}
"""The part of a name before its dot, and what stands under it."""

_CALLS: Final = """\
# Calculators

The page of an operation says what it takes, what it gives, its source, and an example that was calculated.
`bespoke calc` lists the operations and `bespoke calc NAME` shows the page of one. `make pages` writes all of them.

## How to call one

On the command line. A number may carry any unit that converts to the one on the page:

```console
$ bespoke calc pk.css "dose_mg=0.1 g" tau_h=12 cl_l_h=5 F=0.9 mec=1 "mtc=2000 ug/L"
css_avg: 1.5
position: in-window
therapeutic_index: 2
```

From a file. Fields on the line go before those of the file, and `--json` gives all digits:

```console
$ echo '{"fm": 0.8, "activity": 1}' > given.json
$ bespoke calc pk.auc_ratio --given given.json --json activity=0
{"auc_ratio":5,"dose_fraction_same_exposure":0.2}
```

Many at once, a line each. A line that fails costs that line only:

```console
$ echo '{"id": "a", "op": "pk.css_dose", "given": {"target": 1.5, "cl_l_h": 2, "tau_h": 12}}' > batch.jsonl
$ bespoke calc --batch batch.jsonl
{"id":"a","op":"pk.css_dose","result":{"dose_mg":36}}
```

Over HTTP, from `bespoke serve`. `GET /api/calc` lists the operations, `GET /api/calc/NAME` describes one in JSON Schema:

```console
$ curl -s -H "Content-Type: application/json" http://127.0.0.1:8080/api/calc/pk.css_dose -d '{"target": {"value": 1500, "unit": "ug/L"}, "cl_l_h": 2, "tau_h": 12}'
{"op":"pk.css_dose","result":{"dose_mg":36}}
```

What cannot be answered is said with the field, what came and what is allowed; nothing is calculated from a part of it:

```console
$ bespoke calc pk.css_dose target=-1 cl_l_h=2 tau_h=12
bespoke: `target`: expected a number above 0 (mg/L), not -1
```
"""  # noqa: E501 - a line of a console is one line


def pages(known: Mapping[str, Operation]) -> dict[str, str]:
    """File name to content, the index first."""
    index = "\n".join([_CALLS, *_groups(known)])
    return {"README.md": index} | {f"{each.name}.md": page_of(each) for each in known.values()}


def _groups(known: Mapping[str, Operation]) -> Iterator[str]:
    """A table for each field, in the order of the first operation of each."""
    fields = list(dict.fromkeys(_field(each) for each in known.values()))
    ordered = sorted(known.values(), key=lambda each: fields.index(_field(each)))
    for field, group in groupby(ordered, _field):
        yield from (f"## {field}", "", _FIELDS[field], "", "| operation | what |", "| --- | --- |")
        yield from (f"| [{each.name}]({each.name}.md) | {each.title} |" for each in group)
        yield ""


def _field(operation: Operation) -> str:
    return operation.name.partition(".")[0]


if __name__ == "__main__":
    for name, text in pages(operations(ready(None, reasons_to_withhold))).items():
        Path(sys.argv[1], name).write_text(text, "utf-8")
