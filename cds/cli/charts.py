"""The charts of a folder: FHIR Bundles of one patient each, and Bulk Data exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cds.cli.evaluate import MAX_BUNDLE_BYTES
from fhir_adapters import Chart, FhirError, chart_of_bundle, charts_of_folder, export_files, load_json


@dataclass(slots=True)
class ChartFolder:
    """What was found in a folder; `unreadable` fills while the charts are taken."""

    folder: Path
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """File, or file and line, and the reason."""

    def charts(self) -> Iterator[tuple[str, Chart]]:
        """Each chart and the name to report it under.

        Raises `fhir_adapters.UnusableFolder` if there is no room to sort an export.
        """
        exported = bool(export_files(self.folder))
        for path in sorted(self.folder.rglob("*.json")):
            if exported and path.name == "manifest.json":
                continue
            name = path.relative_to(self.folder).as_posix()
            try:
                bundle = load_json(path.read_bytes(), max_bytes=MAX_BUNDLE_BYTES)
                if not isinstance(bundle, dict):
                    raise FhirError("expected a FHIR Bundle")
                chart = chart_of_bundle(bundle)
            except OSError as error:
                self.refuse(name, f"cannot be read ({error.strerror})")
            except FhirError as error:
                self.refuse(name, str(error))
            else:
                yield name, chart
        if exported:
            yield from self._exported()

    def refuse(self, name: str, reason: str) -> None:
        """Notes a chart or a line that cannot be used."""
        # The bytes of a file name need not be text, and what is not printable may move the cursor.
        printable = (each if each.isprintable() else each.encode("unicode_escape").decode() for each in name)
        self.unreadable.append(("".join(printable), reason))

    def _exported(self) -> Iterator[tuple[str, Chart]]:
        report, charts = charts_of_folder(self.folder)
        for chart in charts:
            entries = (chart.patient, *chart.of_types(*chart.resources))
            yield (
                next((entry.path for entry in entries if entry), "a patient without usable resources"),
                chart,
            )
        for fault in report.faults:
            self.refuse(f"{fault.file}:{fault.line}", fault.sentence)
        more = report.counts.total() - len(report.faults)
        if more:
            self.refuse("and more", f"{more} other lines of the export")
