"""Published models with simulated people: what a drug is given for, and when levels are taken.

Figures: Goti et al., Ther Drug Monit 2018;40:212-221, PMID 29470227; Xuan et al., Int J Antimicrob Agents
2003, DOI 10.1016/j.ijantimicag.2003.07.010; Widmer et al., Br J Clin Pharmacol 2006;62:97-112; Fasanmade et
al., Eur J Clin Pharmacol 2009;65:1211-1228; Ulldemolins et al., Antimicrob Agents Chemother 2015;
59:5520-5528; Storset et al., Br J Clin Pharmacol 2014;78:509-523.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from calc.population import Course, Covariate, Dose, Level, Person, PopulationModel, Residual, equation


class Design(Protocol):
    """A model, people, and when two levels are taken of each."""

    @property
    def model(self) -> PopulationModel:
        """The truth."""

    @property
    def least(self) -> float:
        """Levels below it are reported as being below it."""

    def person(self, generator: np.random.Generator) -> Person:
        """Somebody of them."""

    def sampled(self, generator: np.random.Generator) -> tuple[float, float]:
        """Times of two levels."""


@dataclass(frozen=True, slots=True)
class Study:
    """The usual doses of a drug, for people from the middle of the model's population."""

    model: PopulationModel
    doses: tuple[Dose, ...]
    per_kg: bool
    """Whether doses are per kg of WT."""
    troughs: tuple[float, ...]
    """Five; each right before a dose."""
    peak: float
    """A time soon after the last dose before the last trough."""
    least: float

    def person(self, generator: np.random.Generator) -> Person:
        """Covariates between their ranges' ends."""
        values: dict[str, float] = {}
        for each in self.model.covariates:
            share = float(generator.uniform(0.2, 0.8))
            switch = (each.low, each.high) == (0, 1)
            values[each.name] = round(share) if switch else each.low + share * (each.high - each.low)
        scale = values["WT"] if self.per_kg else 1.0
        doses = (Dose(d.time, d.amount * scale, d.duration, d.route, d.interval, d.count) for d in self.doses)
        return Person(values, tuple(doses))

    def sampled(self, generator: np.random.Generator) -> tuple[float, float]:
        """Two troughs, or a trough and a peak."""
        return self.troughs[1], self.troughs[3] if generator.random() < 0.5 else self.peak


def measured(
    study: Design,
    person: Person,
    eta: NDArray[np.float64],
    times: Sequence[float],
    normals: NDArray[np.float64],
) -> list[Level]:
    """Levels of somebody with these etas, as the model says that they err; `normals` are the errors."""
    true = Course(study.model, person, times)(eta[None])[0]
    residual = study.model.residuals[next(iter(study.model.outputs))]
    errors = residual.deviation(true) * normals
    values = true * np.exp(errors) if residual.logarithmic else true + errors
    return [
        Level(time, max(float(value), study.least), below=bool(value < study.least))
        for time, value in zip(times, values, strict=True)
    ]


def _model(
    name: str,
    covariates: tuple[tuple[str, str, float, float], ...],
    parameters: Mapping[str, str],
    omega: tuple[tuple[float, ...], ...],
    residual: Residual,
    *,
    compartments: int,
    output: str = "C",
    time: Literal["h", "d"] = "h",
    concentration: str = "mg/L",
) -> PopulationModel:
    """`omega` is a lower triangle; etas are named as `eta_NAME` in the parameters, in their order."""
    size = len(omega)
    matrix = np.zeros((size, size))
    for row, values in enumerate(omega):
        matrix[row, : len(values)] = matrix[: len(values), row] = values
    etas = [word.split(")")[0] for text in parameters.values() for word in text.split("eta_")[1:]]
    return PopulationModel(
        name=name,
        time_unit=time,
        dose_unit="mg",
        concentration_unit=concentration,
        covariates=tuple(Covariate(key, unit, low, high, key) for key, unit, low, high in covariates),
        etas=tuple(etas),
        omega=matrix,
        parameters=tuple((key, equation(text)) for key, text in parameters.items()),
        structure=compartments,
        outputs={"level": equation(output)},
        residuals={"level": residual},
    )


VANCOMYCIN: Final = _model(
    "goti2018_vancomycin",
    (("CRCL", "mL/min", 4, 150), ("WT", "kg", 33, 255), ("DIAL", "1", 0, 1)),
    {
        "CL": "4.5 * (CRCL / 120)**0.8 * 0.7**DIAL * exp(eta_CL)",
        "V1": "58.4 * (WT / 70) * 0.5**DIAL * exp(eta_V1)",
        "V2": "38.4 * (WT / 70) * exp(eta_V2)",
        "Q": "6.5",
    },
    ((0.14705,), (0, 0.51019), (0, 0, 0.28232)),
    Residual(0.227, 3.4),
    compartments=2,
)
GENTAMICIN: Final = _model(
    "xuan2003_gentamicin",
    (("CRCL", "mL/min", 20, 130), ("WT", "kg", 40, 110)),
    {
        "CL": "0.047 * CRCL * exp(eta_CL)",
        "V1": "0.28 * WT * exp(eta_V1)",
        "K12": "0.092 * exp(eta_K12)",
        "K21": "0.071 * exp(eta_K21)",
        "Q": "K12 * V1",
        "V2": "Q / K21",
    },
    ((0.084,), (0, 0.003), (0, 0, 0.398), (0, 0, 0, 0.342)),
    Residual(0.237, 0.23),
    compartments=2,
)
IMATINIB: Final = _model(
    "widmer2006_imatinib",
    (),
    {"CL": "14.3 * exp(eta_CL)", "V1": "347 * exp(eta_V1)", "KA": "0.61"},
    ((0.1296,), (0, 0.3969)),
    Residual(0.31),
    compartments=1,
    output="1000 * C",
    concentration="ng/mL",
)
INFLIXIMAB: Final = _model(
    "fasanmade2009_infliximab",
    (("WT", "kg", 45, 110), ("ALB", "g/L", 30, 48), ("ADA", "1", 0, 1), ("SEXF", "1", 0, 1)),
    {
        "CL": "0.407 * (ALB / 41)**-1.54 * (1 + 0.471 * ADA) * (1 - 0.236 * SEXF) * exp(eta_CL)",
        "V1": "3.29 * (WT / 77)**0.538 * (1 - 0.137 * SEXF) * exp(eta_V1)",
        "Q": "7.14",
        "V2": "4.13",
    },
    ((0.131,), (0, 0.048)),
    Residual(0.403, 0.0413),
    compartments=2,
    time="d",
)
MEROPENEM: Final = _model(
    "ulldemolins2015_meropenem",
    (("WT", "kg", 50, 110), ("DIUR", "mL/(24.h)", 0, 1000)),
    {"CL": "(3.68 + 0.22 * DIUR / 100) * exp(eta_CL)", "V1": "33 * (WT / 73)**2.07 * exp(eta_V1)"},
    ((0.12834,), (0, 0.18441)),
    Residual(0.258, 0.0002),
    compartments=1,
)
TACROLIMUS: Final = _model(
    "storset2014_tacrolimus",
    (("FFM", "kg", 35, 85), ("HCT", "%", 20, 50), ("CYP3A5", "1", 0, 1), ("PRED", "mg/d", 0, 40)),
    {
        "CL": "811 * (FFM / 60)**0.75 * 1.30**CYP3A5 * exp(eta_CL)",
        "V1": "6290 * (FFM / 60) * exp(eta_V1)",
        "Q": "1200 * (FFM / 60)**0.75 * exp(eta_Q)",
        "V2": "32100 * (FFM / 60)",
        "KA": "1.01",
        "LAG": "0.41",
        "F": "(1 - 0.67 * PRED / (35 + PRED)) * 0.82**CYP3A5",
    },
    ((0.14842,), (0.08385, 0.25612), (0.13809, 0, 0.33429)),
    Residual(0.149),
    compartments=2,
    output="1000 * C * (1 + 418 * HCT / 100 / (1000 * C + 3.8))",
    concentration="ug/L",
)


def _rows(amount: float, duration: float, interval: float, count: int) -> tuple[Dose, ...]:
    return (Dose(0, amount, duration, "iv", interval, count),)


STUDIES: Final = {
    study.model.name: study
    for study in (
        Study(VANCOMYCIN, _rows(15, 1.5, 12, 8), True, (12, 24, 48, 72, 96), 86.5, 1),
        Study(GENTAMICIN, _rows(3, 0.5, 12, 8), True, (12, 24, 48, 72, 96), 85, 0.2),
        Study(IMATINIB, (Dose(0, 400, 0, "oral", 24, 35),), False, (168, 336, 504, 672, 840), 820, 10),
        Study(
            INFLIXIMAB,
            tuple(Dose(t, 5, 1 / 12) for t in (0, 14, 42, 98, 154, 210, 266)),
            True,
            (98, 154, 210, 266, 322),
            267,
            0.4,
        ),
        Study(MEROPENEM, _rows(1000, 0.5, 8, 12), False, (8, 24, 48, 72, 96), 89, 0.1),
        Study(TACROLIMUS, (Dose(0, 5, 0, "oral", 12, 14),), False, (24, 48, 72, 120, 168), 158, 0.5),
    )
}
