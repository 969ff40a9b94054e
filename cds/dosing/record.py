"""What led to an individual dose, as JSON: for the log, and for whoever checks it years later."""

from __future__ import annotations

from datetime import datetime

from cds.dosing.advise import Advice
from cds.dosing.answer import Answered
from cds.dosing.case import Declined
from cds.dosing.estimate import DRAWS, SEED
from fhir_adapters.dosing import Doubt


def record_of_answer(answered: Answered, as_of: datetime) -> dict[str, object]:
    """Model, person, levels, fit and the regimens that were compared."""
    answer = answered.answer
    if isinstance(answer, Declined):
        return {
            "order": answered.order.reference,
            "plan": f"{answer.plan.name} {answer.plan.entry.version}",
            "declined": list(answer.reasons),
            "doubts": [] if answer.record is None else [_doubt(each) for each in answer.record.doubts],
        }
    case = answer.case
    return {
        "order": answered.order.reference,
        "plan": f"{case.plan.name} {case.plan.entry.version}",
        "model": f"{case.source.name} {case.source.entry.version}",
        "as_of": as_of.isoformat(),
        "zero": case.zero.isoformat(),
        "unit": case.model.time_unit,
        "covariates": {name: repr(value) for name, value in case.person.covariates.items()},
        "doses": [
            {
                "time": repr(dose.time),
                "amount": repr(dose.amount),
                "duration": repr(dose.duration),
                "from": source.path,
            }
            for dose, source in zip(case.person.doses, case.record.doses, strict=True)
        ],
        "levels": [
            {"time": repr(level.time), "value": repr(level.value), "below": level.below}
            for level in case.levels
        ],
        "doubts": [_doubt(each) for each in case.record.doubts],
        "eta": [f"{value:.9g}" for value in answer.mode.eta],
        "objective": f"{answer.mode.objective:.9g}",
        "draws": {"count": DRAWS, "seed": SEED, "effective": f"{answer.draws.effective:.4g}"},
        "regimens": [_option(answer, k) for k in range(len(answer.search.options))],
        "reason": answer.search.reason,
    }


def _option(answer: Advice, k: int) -> dict[str, object]:
    option = answer.search.options[k]
    regimen = option.candidate.regimen
    return {
        "dose": repr(regimen.dose),
        "interval": repr(regimen.interval),
        "duration": repr(regimen.duration),
        "attainment": f"{option.candidate.attainment:.6f}",
        "toxicity": f"{option.candidate.toxicity:.6f}",
        "advised": regimen == answer.best,
    }


def _doubt(doubt: Doubt) -> str:
    return f"{doubt.kind}: {doubt.path}"
