"""A draft order with another drug or dose: the whole resource, ready to be suggested."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction

from dsl.values import Dose, format_number
from fhir_adapters.errors import UnwritableDose
from fhir_adapters.orders import Order
from fhir_adapters.reading import UCUM, object_member, only_object, references_in, text_member


def rewritten(
    order: Order,
    coding: Mapping[str, str],
    text: str,
    dose: Dose | None,
    *,
    same_drug: bool,
    infused: Fraction | None = None,
) -> dict[str, object]:
    """A deep copy of a draft with this drug (`system`, `code`, `display` and text) and this dose.

    `infused` is the length of each infusion in hours, None for a dose that is none.
    Without a dose the dosage and the dispensing are removed. The route of a single old instruction is
    kept only for the `same_drug`. The narrative goes, because it tells of the old order; everything
    else stays, but for two known defects of a client that would make the output invalid (a category
    that is no list, an absent intent). Raises `UnwritableDose` for an amount without decimal form.
    """
    draft: dict[str, object] = deepcopy(dict(order.resource))
    route = object_member(only_object(draft, "dosageInstruction"), "route") if same_drug else None
    _set_drug(draft, {"coding": [dict(coding)], "text": text})
    if dose is None:
        draft.pop("dosageInstruction", None)
        draft.pop("dispenseRequest", None)
    else:
        draft["dosageInstruction"] = [_instruction(dose, route, infused)]
    draft.pop("text", None)
    if isinstance(draft.get("category"), dict):
        draft["category"] = [draft["category"]]
    draft.setdefault("intent", "order")
    return draft


def _set_drug(draft: dict[str, object], concept: dict[str, object]) -> None:
    target = text_member(draft.pop("medicationReference", None), "reference")
    draft["medicationCodeableConcept"] = concept
    contained = draft.get("contained")
    if target is None or not isinstance(contained, list) or target in references_in(draft):
        return
    left = [item for item in contained if f"#{text_member(item, 'id')}" != target]
    if left:
        draft["contained"] = left
    else:
        del draft["contained"]


def _instruction(
    dose: Dose, route: Mapping[str, object] | None, infused: Fraction | None
) -> dict[str, object]:
    text = str(dose)
    repeat: dict[str, object] = {
        "frequency": dose.times,
        "period": _number(dose.period),
        "periodUnit": dose.period_unit.value,
    }
    if infused is not None:
        repeat |= {"duration": _number(infused), "durationUnit": "h"}
        text += f", each over {format_number(infused)} h"
    unit = dose.amount.unit
    amount = {"value": _number(dose.amount.value), "unit": unit, "system": UCUM, "code": unit}
    instruction: dict[str, object] = {"sequence": 1, "text": text, "timing": {"repeat": repeat}}
    if route is not None:
        instruction["route"] = route
    instruction["doseAndRate"] = [{"doseQuantity": amount}]
    return instruction


def _number(value: Fraction) -> int | Decimal:
    if value.denominator == 1:
        return value.numerator
    text = format_number(value)
    if text.startswith("~"):
        raise UnwritableDose
    return Decimal(text)
