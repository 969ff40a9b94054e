"""The validation models of mapbayr's paper and their records, as our models and persons.

Facts from `mipd/nonmem-visible.json`: Le Louedec et al., CPT Pharmacometrics Syst Pharmacol 2021,
doi 10.1002/psp4.12689.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from calc.population import Dose, Level, Person, PopulationModel, Residual, States
from tests.calc.population.models import model, states

Record = Mapping[str, Any]

_ONE = {"CL": "4 * exp(eta_CL)", "V1": "70 * exp(eta_V)", "KA": "1 * exp(eta_KA)"}
_INTRAVENOUS = {name: _ONE[name] for name in ("CL", "V1")}
_TWO = {"Q": "4", "V2": "50 * exp(eta_V2)"}
_SATURABLE = {
    "VMAX": "10000 * exp(eta_VMAX)",
    "KM": "2500 * exp(eta_KM)",
    "V": "70 * exp(eta_V)",
    "KA": "1 * exp(eta_KA)",
}
_MICHAELIS_MENTEN = "-VMAX * (A / V) / (KM + A / V)"

PARAMETERS: dict[str, dict[str, str]] = {
    "002": _INTRAVENOUS,
    "003": _ONE | {"LAG": "1 * exp(eta_LAG)"},
    "004": _INTRAVENOUS | {"DUR": "4 * exp(eta_D)"},
    "101": _ONE | _TWO,
    "102": _INTRAVENOUS | _TWO,
    "201": _SATURABLE,
    "207": _SATURABLE | {"CL": "4 * exp(eta_CL)"},
    "301": _ONE | {"CL": "4 * exp(eta_CL) * (BW / 75) ** 1.5 * (0.75 if SEX == 1 else 1)"},
    "401": {
        "CL": "4 * exp(eta_CL)",
        "V": "70 * exp(eta_V)",
        "KA": "1 * exp(eta_KA)",
        "CLM": "2.5 * exp(eta_CLM)",
        "VM": "60 * exp(eta_VM)",
    },
    "901": {
        "CL": "6.38 * exp(eta_CL)",
        "V1": "9.50 * BSA * exp(eta_V1)",
        "Q": "2.70",
        "V2": "9.56 * exp(eta_V2)",
    },
    "951": {
        "CL": "7.1 * (SCR / 67) ** -0.43 * (AGE / 62) ** -0.22 "
        "* exp(eta_CL + (eta_IOV1_CL if CYCLE == 1 else eta_IOV2_CL))",
        "V1": "25.1 * exp(eta_V1)",
        "Q": "0.15 * exp(eta_Q)",
        "V2": "2.7 * exp(eta_V2)",
    },
}
"""Those not named are like 001."""
STRUCTURES: dict[str, int | States] = {
    "101": 2,
    "102": 2,
    "901": 2,
    "951": 2,
    "201": states({"A": _MICHAELIS_MENTEN}),
    "207": states({"A": f"{_MICHAELIS_MENTEN} - CL / V * A"}),
    "401": states({"A": "-CL / V * A", "M": "0.7 * CL / V * A - CLM / VM * M"}),
}
OUTPUTS = {
    "201": {"C": "A / V"},
    "207": {"C": "A / V"},
    "401": {"C": "A / V", "metabolite": "M / VM"},
    "951": {"C": "2.2 * C"},
}
COVARIATES = {"301": ("BW", "SEX"), "901": ("BSA",), "951": ("AGE", "SCR", "CYCLE")}


def as_model(name: str, facts: Mapping[str, Any]) -> PopulationModel:
    """The model of that number; omega and error from the facts."""
    sigma = facts["sigma"]
    if sigma["type"] == "exp":
        residual = Residual(logarithmic=sigma["log_var"] ** 0.5)
    else:
        residual = Residual(sigma["prop_var"] ** 0.5, sigma["add_var"] ** 0.5)
    return model(
        PARAMETERS.get(name, _ONE),
        STRUCTURES.get(name, 1),
        omega=dict.fromkeys(facts["etas"], 0.0),
        matrix=facts["omega"],
        residual=residual,
        outputs=OUTPUTS.get(name),
        covariates=COVARIATES.get(name, ()),
    )


def as_person(name: str, records: Sequence[Record]) -> Person:
    """Doses and covariates; a covariate of a record holds until it."""
    covariates: dict[str, list[tuple[float, float]]] = {key: [] for key in COVARIATES.get(name, ())}
    for record in records:
        for key, found in covariates.items():
            found.append((record["time"], record[key]))
    return Person(covariates, tuple(_dose(name, record) for record in records if record["evid"]), "until")


def _dose(name: str, record: Record) -> Dose:
    rate = record.get("rate", 0)
    more = record.get("addl", 0)
    return Dose(
        record["time"],
        record["amt"],
        # A rate of -2 leaves the duration to the model.
        duration=record["amt"] / rate if rate > 0 else 0.0,
        route="oral" if "KA" in PARAMETERS.get(name, _ONE) else "iv",
        interval=record["ii"] if more else 0.0,
        count=1 + more,
        resets=record["evid"] == 4,
    )


def as_levels(name: str, records: Sequence[Record]) -> list[Level]:
    """What was measured."""
    return [
        Level(
            record["time"],
            record["DV"],
            output="metabolite" if name == "401" and record["cmt"] == 3 else "observed",
        )
        for record in records
        if record["evid"] == 0
    ]
