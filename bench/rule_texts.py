"""Rule texts for the measurements: eleven like those in use, and a thousand that differ from one another."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random

from dsl import Names, Rule, RuleFile, check, parse_text
from kb import load

PHENOTYPES = {
    5: ("normal", "possible_intermediate", "intermediate", "poor", "indeterminate"),
    6: ("ultrarapid", "rapid", "normal", "intermediate", "poor", "indeterminate"),
    7: ("ultrarapid", "rapid", "normal", "likely_intermediate", "intermediate", "likely_poor", "poor"),
}
GENES = {f"GENE{number}": size for number, size in enumerate((5, 6, 7, 5, 6, 7, 5, 6, 7, 5))}
PAIRS = ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
"""Genes of the five rules that read two."""

NAMES = Names(
    observables={"weight": "kg", "platelets": "10*3/uL", "clearance": "mL/min", "bilirubin": "mg/dL"},
    genes={gene: f"Phenotype{size}" for gene, size in GENES.items()},
    conditions=frozenset(f"condition_{number}" for number in range(10)),
    drugs=frozenset({"drug"}),
    citations={"label:example": "Example agency"},
)

_HEAD = """\
rule bench.{name} version 1.0.0 {{
  title      "Example {name}: dose and advice for measurements"
  status     draft
  effective  from 2026-01-01 until 2027-12-31
  review by  2027-06-01
  concerns   drug drug
  population any because "everybody in the measurement"

  evidence {{
    cites    label:example "section {number} of the example label"
    grade    B
    strength moderate
  }}

"""


def niraparib() -> Rule:
    """The rule in use."""
    return next(rule for rule in load().rules if rule.name == "niraparib.start_dose")


def gene_rules() -> tuple[Rule, ...]:
    """Five rules that read one gene and five that read two."""
    texts = [_enums()]
    for number in range(5):
        gene = f"GENE{number}"
        members = PHENOTYPES[GENES[gene]]
        rows = "\n".join(f"    | {member} => {_result(at)}" for at, member in enumerate(members))
        texts.append(_gene_rule(f"single_{number}", number, (gene,), rows))
    for number, (one, other) in enumerate(PAIRS):
        genes = f"GENE{one}", f"GENE{other}"
        cases = product(*(PHENOTYPES[GENES[gene]] for gene in genes))
        rows = "\n".join(f"    | {a} | {b} => {_result(at * 7 // 3)}" for at, (a, b) in enumerate(cases))
        texts.append(_gene_rule(f"double_{number}", number, genes, rows))
    return checked("\n".join(texts))


def checked(text: str) -> tuple[Rule, ...]:
    """The rules of a text without errors."""
    file = parse_text(text, "bench.rule")
    if not isinstance(file, RuleFile):
        raise SystemExit(f"bench.rule:{file.span.line}: {file.message}")
    result = check([file], NAMES)
    if not result.ok:
        raise SystemExit(f"{result.diagnostics[0].span}: {result.diagnostics[0].message}")
    return result.rules


def _enums() -> str:
    return "\n".join(
        f"enum Phenotype{size} {{ {', '.join(members)} }}" for size, members in PHENOTYPES.items()
    )


def answer_of(number: int) -> int:
    """What the gene rules say in their row of a number: a dose in mg, or 0 for nothing."""
    return 50 + 25 * (number % 5) if number % 4 else 0


def _result(number: int) -> str:
    dose = answer_of(number)
    return f"give {dose} mg once daily" if dose else f'none because "case {number % 3}"'


def _gene_rule(name: str, number: int, genes: tuple[str, ...], rows: str) -> str:
    inputs = "".join(
        f"  input {gene.lower()}: Phenotype{GENES[gene]} from phenotype {gene} lifetime required\n"
        for gene in genes
    )
    header = " | ".join(gene.lower() for gene in genes)
    asked = ", ".join(gene.lower() for gene in genes)
    return (
        _HEAD.format(name=name, number=number)
        + inputs
        + f"\n  table dose unique {{\n    | {header} => dose\n"
        f"{rows}\n    unknown => ask {asked}\n  }}\n}}\n"
    )


# ---------------------------------------------------------------- a thousand rules
MANY_NAMES = replace(NAMES, drugs=frozenset(f"drug_{number}" for number in range(1000)))


def many_rules(count: int) -> dict[str, str]:
    """The texts of a vocabulary and of so many rules of about 44 lines, by path; no two are alike."""
    texts = {"vocabulary.rule": "vocabulary bench.words version 1.0.0\n" + _enums() + "\n"}
    for number in range(count):
        random = Random(number)
        write = random.choice((_of_genes, _of_weight, _of_clearance, _of_two_genes))
        texts[f"rules/drug_{number}.rule"] = _framed(number, write(random), random)
    return texts


def _framed(number: int, body: str, random: Random) -> str:
    age = random.randint(12, 21)
    return f"""\
use bench.words version 1.0.0
rule bench.rule_{number} version 1.{number % 7}.0 {{
  title      "Drug {number}: starting dose and advice"
  status     active
  effective  from 2020-{number % 12 + 1:02}-01
  review by  2027-{number % 12 + 1:02}-20
  concerns   drug drug_{number}
  population "older than {age} years" when age >= {age} years

  evidence {{
    cites    label:example "section {number % 30}"
    grade    {random.choice("ABC")}
    strength {random.choice(("strong", "moderate", "optional"))}
    reviewed 2026-11-20 by "the measurement"
  }}

  input age: Quantity[years] from patient age required when missing info
{body}}}
"""


def _outcome(name: str, number: int) -> str:
    return f"""
  outcome {name} {{
    indicator warning
    advise    "Avoid this drug: finding {number} speaks against it"
    rationale "The example label, section {number}, says why, and what to give instead."
    suggest   withdraw "Withdraw this draft and choose another drug"
  }}
"""


def _test(title: str, given: str, expected: str) -> str:
    return f"""
  test "{title}" {{
    given  age = 63 years, {given}
    expect {expected}
  }}
"""


def _of_genes(random: Random) -> str:
    gene, size = random.choice(list(GENES.items()))
    members = list(PHENOTYPES[size])
    random.shuffle(members)
    doses = [random.randrange(25, 400, 25) for _ in members]
    rows = [
        f"    | {member} | false, missing => give {dose} mg once daily"
        for member, dose in zip(members, doses, strict=True)
    ]
    condition = f"condition_{random.randrange(10)}"
    return (
        f"  input gene: Phenotype{size} from phenotype {gene} lifetime required\n"
        f"  input ill: Boolean from condition {condition} optional assuming \"{condition} is absent\"\n\n"
        "  table dose unique {\n    | gene | ill => dose\n    | * | true => avoid\n" + "\n".join(rows)
        + "\n    unknown => ask gene\n  }\n" + _outcome("avoid", doses[0])
        + _test("the first row", f"gene = {members[0]}, ill = false", f"dose = give {doses[0]} mg once daily")
        + _test("ill", f"gene = {members[-1]}, ill = true", "dose = avoid")
    )  # fmt: skip


def _of_two_genes(random: Random) -> str:
    (one, size), (other, other_size) = random.sample(list(GENES.items()), 2)
    doses = [random.randrange(25, 400, 25) for _ in range(4)]
    hours = random.choice((6, 8, 12))
    rest = ", ".join(each for each in PHENOTYPES[size] if each not in ("poor", "normal", "intermediate"))
    return (
        f"  input first: Phenotype{size} from phenotype {one} lifetime required when missing info\n"
        f"  input second: Phenotype{other_size} from phenotype {other} lifetime optional\n\n"
        "  table dose unique {\n    | first | second => dose\n    | poor | poor => avoid\n"
        f"    | poor | else => give {doses[0]} mg once daily\n"
        f"    | normal, intermediate | poor, intermediate => give {doses[1]} mg twice daily\n"
        f"    | normal, intermediate | missing => give {doses[2]} mg every {hours} h and ask second\n"
        f"    | normal, intermediate | else => give {doses[3]} mg once daily\n"
        f"    | {rest} | * => none because \"nothing is known of it\"\n"
        "    unknown => ask first\n  }\n" + _outcome("avoid", doses[1])
        + _test("both poor", "first = poor, second = poor", "dose = avoid")
        + _test("one poor", "first = poor, second missing", f"dose = give {doses[0]} mg once daily")
    )  # fmt: skip


def _of_weight(random: Random) -> str:
    limit, count = random.randrange(40, 110), random.randrange(80, 240, 5)
    low, high = random.randrange(25, 200, 25), random.randrange(200, 400, 25)
    condition = f"condition_{random.randrange(10)}"
    return (
        f"""\
  input weight:    Quantity[kg]      from observation weight within {random.randrange(30, 180)} days required
  input platelets: Quantity[10*3/uL] from observation platelets within 30 days required when missing info
  input ill:       Boolean           from condition {condition} optional assuming "{condition} is absent"

  decide dose first {{
    when ill is known and ill => avoid
    when weight < {limit} kg or platelets < {count}_000 /uL => give {low} mg once daily
    otherwise => give {high} mg once daily
    unknown   => ask weight, platelets
  }}
"""
        + _outcome("avoid", count)
        + _test("light", f"weight = {limit - 1} kg, platelets missing", f"dose = give {low} mg once daily")
        + _test("ill", f"weight = {limit} kg, ill = true", "dose = avoid")
    )


def _of_clearance(random: Random) -> str:
    step, most = random.choice((5, 10, 25)), random.randrange(200, 500, 50)
    first, second = random.randrange(10, 30), random.randrange(35, 90)
    per = random.choice(("0.5", "1", "1.5", "2"))
    return (
        f"""\
  input weight:    Quantity[kg]     from observation weight within 90 days required when missing info
  input clearance: Quantity[mL/min] from observation clearance within {random.randrange(7, 90)} days required

  let severe   = clearance < {first} mL/min
  let moderate = clearance in {first} ..< {second} mL/min

  decide dose first {{
    when severe   => avoid
    when moderate => give weight * {per} mg/kg / 2 rounded down to 5 mg min {step} mg max 150 mg once daily
    otherwise     => give weight * {per} mg/kg rounded to {step} mg max {most} mg twice daily
    unknown       => ask weight, clearance
  }}
"""
        + _outcome("avoid", first)
        + _test("severe", f"weight = 70 kg, clearance = {first - 1} mL/min", "dose = avoid")
    )
