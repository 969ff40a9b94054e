"""Panels: Observations whose components are results, as of blood pressure or of a blood count."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapters.references import Entry

_OF_THE_WHOLE = frozenset({"code", "component", "dataAbsentReason", "interpretation", "referenceRange"})
"""What says something of the panel's own value, like every `value…`: it says nothing of a component's."""


def results_in(panel: Entry) -> Iterator[Entry]:
    """The components of an Observation, each with the status, the time and the subject of the whole."""
    components = panel.resource.get("component")
    if not isinstance(components, list):
        return
    common = {
        name: value
        for name, value in panel.resource.items()
        if name not in _OF_THE_WHOLE and not name.startswith("value")
    }
    for index, component in enumerate(components):
        if isinstance(component, dict):
            path = f"{panel.path}.component[{index}]"
            yield panel._replace(path=path, resource={**common, **component}, full_url=None)
