"""Reads population models, and checks that each can be used for everybody whom its file says it is for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dsl.names import closest
from dsl.units import commensurable
from kb import files
from kb.errors import KnowledgeBaseError
from kb.models import CaseEntry, DosingModel, ModelFile

if TYPE_CHECKING:
    from calc.population import PopulationModel

_CORNERS: Final = 4096
"""More combinations of lowest and highest covariates are not tried."""
_AGREES: Final = 1e-4
"""Relative difference between a validation case and the model's own prediction."""


def load_models(root: Path, sources: Collection[str], drugs: Collection[str]) -> dict[str, DosingModel]:
    """The models below `models/` of a knowledge base, by name; their equations are not compiled yet.

    Raises `KnowledgeBaseError` with the file, the field and what was expected.
    """
    found = {}
    for path in sorted((root / "models").glob("*.toml")):
        entry = files.read(path, ModelFile)
        fault = next(_faults(entry, sources, drugs), None)
        if fault is not None:
            raise KnowledgeBaseError(f"{path}: field {fault}")
        found[path.stem] = DosingModel(path.stem, entry)
    return found


def check_models(models: Mapping[str, DosingModel]) -> None:
    """Compiles every model and tries its validation cases.

    Raises `KnowledgeBaseError` for equations that do not fit together, an omega that is not positive
    definite, parameters that are no positive numbers at some corner of the covariates' ranges, and cases
    that come out otherwise.
    """
    for name, model in models.items():
        where = f"models/{name}.toml"
        try:
            population = model.population
        except ValueError as error:
            raise KnowledgeBaseError(f"{where}: {error}") from None
        fault = next(_uncovered(population), None)
        if fault is not None:
            raise KnowledgeBaseError(f"{where}: field `parameters`: {fault}")
        for number, case in enumerate(model.entry.cases):
            fault = _case_fault(population, case)
            if fault is not None:
                raise KnowledgeBaseError(f"{where}: field `cases.{number}`: {fault}")


def _faults(entry: ModelFile, sources: Collection[str], drugs: Collection[str]) -> Iterator[str]:
    if entry.source not in sources:
        yield f"`source`: `{entry.source}` is not in sources.toml; {_advice(entry.source, sources)}"
    for drug in entry.drugs:
        if drug not in drugs:
            yield f"`drugs`: `{drug}` is not in drugs/; {_advice(drug, drugs)}"
    if entry.illustrative and entry.status != "draft":
        yield "`status`: what is illustrative stays draft"
    for number, each in enumerate(entry.covariates):
        if not each.low <= each.high:
            yield f"`covariates.{number}`: `low` has to be at most `high`"
        if each.default is not None and not each.low <= each.default <= each.high:
            yield f"`covariates.{number}.default`: expected a value between `low` and `high`"
        if not commensurable(each.unit, each.unit):
            yield f"`covariates.{number}.unit`: expected a listed UCUM unit, not `{each.unit}`"
    for number, case in enumerate(entry.cases):
        if len(case.times) != len(case.typical):
            yield f"`cases.{number}`: `times` and `typical` have to be of one length"


def _advice(name: str, known: Collection[str]) -> str:
    return closest(name, known) or "add it there first"


def _uncovered(model: PopulationModel) -> Iterator[str]:
    """Parameters that are no numbers, or not positive, for some of those whom the model is for."""
    import numpy as np

    from calc.population import Course, Person

    ranges = [(each.low, each.high) for each in model.covariates]
    names = [each.name for each in model.covariates]
    for count, corner in enumerate(product(*ranges)):
        if count == _CORNERS:
            return
        course = Course(model, Person(dict(zip(names, corner, strict=True)), ()), [])
        with np.errstate(all="ignore"):
            values = course.parameters(np.zeros((1, len(course.omega))), 0)
        for _, name in model.reported:
            value = float(values[name][0])
            if not np.isfinite(value) or value <= 0:
                at = ", ".join(
                    f"{covariate} {number:g}" for covariate, number in zip(names, corner, strict=True)
                )
                yield f"`{name}` is {value:g} at {at}; narrow the range, or mend the equation"


def _case_fault(model: PopulationModel, case: CaseEntry) -> str | None:
    import numpy as np

    from calc.population import Course, Dose, HistoryError, Person

    doses = tuple(
        Dose(float(each.time), float(each.amount), float(each.duration), each.route) for each in case.doses
    )
    outputs = [case.output or "observed"] * len(case.times)
    times = [float(time) for time in case.times]
    try:
        course = Course(
            model, Person({k: float(v) for k, v in case.covariates.items()}, doses), times, outputs
        )
        found = course(np.zeros((1, len(course.omega))))[0]
    except HistoryError as error:
        return str(error)
    expected = np.array(case.typical, float)
    apart = np.abs(found - expected) > _AGREES * np.abs(expected) + 1e-12
    if apart.any():
        first = int(np.argmax(apart))
        return f"{found[first]:.6g} at {times[first]:g}, not {expected[first]:g} as the case says"
    return None
