"""The populations of a guideline's table as conditions of a rule, as far as a record can tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kb.importing.fact_table import name_of


@dataclass(frozen=True, slots=True)
class Population:
    """Whom the rows are about."""

    spelled: str
    """As the table spells it."""
    words: str
    condition: str = ""
    """In the rule language; empty where nothing on file tells who belongs to it."""
    inputs: tuple[str, ...] = ()
    inside: str = ""
    """What a test gives of somebody who belongs to it."""
    outside: str = ""
    premise: str = ""
    """What the prescriber has to know besides, as the beginning of what is said."""
    caveat: str = ""
    """What holds for those who are let in although the source does not mean them."""

    @property
    def suffix(self) -> str:
        """What it adds to the name of a rule."""
        return f"_{name_of(self.spelled)}" if self.spelled not in EVERYBODY else ""


EVERYBODY: Final = ("general", "")

_AGE: Final = "age: Quantity[years] from patient age required"
_WEIGHT: Final = "weight: Quantity[kg] from observation body_weight within 90 days required"
_INDICATION: Final = "indication: Clopidogrel_indication from indication clopidogrel required"

_BY_NAME: Final = {
    "adults": Population("adults", "adults", "age >= 18 years", (_AGE,), "age = 40 years", "age = 12 years"),
    "pediatrics": Population(
        "pediatrics", "children", "age < 18 years", (_AGE,), "age = 12 years", "age = 40 years"
    ),
    "child >40kg_adult": Population(
        "child >40kg_adult",
        "adults, and children above 40 kg",
        "age >= 18 years or weight > 40 kg",
        (_AGE, _WEIGHT),
        "age = 40 years",
        "age = 8 years, weight = 25 kg",
    ),
    "CVI ACS PCI": Population(
        "CVI ACS PCI",
        "acute coronary syndrome or percutaneous coronary intervention",
        "indication = acs_pci",
        (_INDICATION,),
        "indication = acs_pci",
        "indication = neurovascular",
    ),
    "CVI non-ACS non-PCI": Population(
        "CVI non-ACS non-PCI",
        "cardiovascular disease without acute coronary syndrome or percutaneous coronary intervention",
        "indication = cardiovascular_other",
        (_INDICATION,),
        "indication = cardiovascular_other",
        "indication = neurovascular",
    ),
    "NVI": Population(
        "NVI",
        "neurovascular disease",
        "indication = neurovascular",
        (_INDICATION,),
        "indication = neurovascular",
        "indication = acs_pci",
    ),
}

_EXPOSED: Final = {"CBZ": "carbamazepine", "OXC": "oxcarbazepine", "PHT": "phenytoin"}
_BY_EXPOSURE: Final = re.compile(rf"({'|'.join(_EXPOSED)})( naive| use >3 ?mos|-no alternatives)")


def population_of(spelled: str) -> Population | None:
    """The population that a table names; None for one that is not known."""
    if spelled in EVERYBODY:
        return Population(spelled, "")
    if spelled in _BY_NAME:
        return _BY_NAME[spelled]
    found = _BY_EXPOSURE.fullmatch(spelled)
    if found is None:
        return None
    drug = _EXPOSED[found[1]]
    new, old = "exposed = false", "exposed = true"
    if "use" in found[2]:
        # How long it was taken is not on file, so the texts say for whom the advice is meant.
        source = f"exposed: Boolean from exposure {drug} required"
        words = f"{drug} was taken before, meant are more than 3 months"
        premise = f"if {drug} was taken for more than 3 months"
        caveat = "whoever took it for a shorter time is advised like somebody who never did"
        return Population(spelled, words, "exposed", (source,), old, new, premise, caveat)
    nothing = f'"no record says that {drug} was ever taken"'
    source = f"exposed: Boolean from exposure {drug} assume false because {nothing}"
    if found[2] == " naive":
        return Population(spelled, f"{drug} was not taken before", "not exposed", (source,), new, old)
    words = f"{drug} was not taken before and nothing can replace it"
    premise = f"if nothing can replace {drug}"
    return Population(spelled, words, "not exposed", (source,), new, old, premise)
