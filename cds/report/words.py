"""The fixed words of a report, the same in the terminal, on the page and in FHIR."""

from __future__ import annotations

from cds.report.model import Answer, GeneEntry, GeneState, Report, Severity

HEADINGS = {
    Severity.AVOID: "Avoid",
    Severity.ALTERNATIVE: "Another drug, or consider one",
    Severity.DOSE: "Another dose",
    Severity.ADVICE: "Monitoring, tests and other advice",
    Severity.UNDECIDED: "Not decided",
    Severity.STANDARD: "Usual use",
    Severity.NO_RECOMMENDATION: "No advice",
    Severity.LISTED: "Entries of sources that were not read here",
    Severity.OUTSIDE: "Guidance for other patients only",
}

STATES = {
    GeneState.KNOWN: "",
    GeneState.SEVERAL: "several possible",
    GeneState.CONFLICT: "contradictory",
    GeneState.UNUSABLE: "not usable",
    GeneState.NOT_TESTED: "not tested",
}


def caveats(report: Report) -> list[str]:
    """What has to be read before anything else."""
    said = []
    if report.deceased:
        said.append("The patient has died: no prescribing advice is given.")
    if any(answer.draft for entry in report.drugs for answer in entry.answers):
        said.append("Answers marked “draft” are not reviewed for clinical use.")
    if report.drafts_hidden:
        rules = "1 draft rule" if report.drafts_hidden == 1 else f"{report.drafts_hidden} draft rules"
        said.append(f"{rules} about these genes not shown; --fire-draft shows them, marked as drafts.")
    if report.failed:
        said.append(f"Rules that failed, their authors should be told: {', '.join(report.failed)}.")
    return said


def counted(report: Report) -> str:
    """What was read, in words."""
    named = (f"{count} {name}{'s' if name == 'call' and count > 1 else ''}" for name, count in report.read)
    return ", ".join(named) or "nothing"


def with_drugs(entry: GeneEntry) -> str:
    """What the drugs that are taken make of a gene; empty where they change nothing."""
    if not entry.adjusted:
        return ""
    return f"with {entry.adjusted_by or 'the drugs on file'}: {' or '.join(entry.adjusted)}"


def for_whom(answer: Answer) -> str:
    """The population of an answer: `if children`, `children`, or nothing for everybody."""
    if answer.severity is Severity.OUTSIDE or not answer.population:
        return ""
    return f"if {answer.population}" if answer.only_if else answer.population


def marks(answer: Answer) -> list[str]:
    """Classification and what is special about an answer."""
    said = [answer.classification] if answer.classification not in ("", "N/A") else []
    if answer.draft:
        said.append("draft")
    said += [sentence.rstrip(".") for sentence in answer.stale]
    said += [f"partial: {gene} not tested" for gene in answer.partial]
    return said


def origin(answer: Answer) -> list[str]:
    """Guideline, articles, rule and version."""
    said = [answer.guideline] if answer.guideline else []
    said += [f"PMID {pmid}" for pmid in answer.pmids]
    return [*said, f"rule {answer.rule} {answer.version}"]
