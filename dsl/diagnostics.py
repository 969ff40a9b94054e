"""Diagnostics are data: a code, a place, a sentence, labels, a witness, help. Renderers come after.

The catalogue below holds every code with what `bespoke explain` prints. A message is one lower-case
sentence without full stop; text of the user stands in backticks.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dsl.syntax import Span


class Severity(StrEnum):
    """An error stops the rule from being used; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Label:
    """A second place that matters, and why."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Text to put in place of a stretch; given only where nothing else can have been meant."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding about a rule file."""

    code: str
    message: str
    span: Span
    label: str = ""
    """What stands under the caret."""
    others: tuple[Label, ...] = ()
    case: str = ""
    """A witness patient, where the defect is about meaning."""
    help: str = ""
    """What to write instead; only where it can be applied."""
    severity: Severity = Severity.ERROR
    fix: Fix | None = None
    """What a tool may apply without asking."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a code means: the defect, the wrong and the right way, and why it matters."""

    title: str
    avoid: str
    prefer: str
    why: str


CATALOGUE: dict[str, Explanation] = {
    "BR001": Explanation(
        "the file cannot be read",
        "a document of a word processor, another encoding than UTF-8, control characters, more than 1 MiB",
        "plain UTF-8 text with LF or CRLF line ends, one subject per file",
        "A file that cannot be read whole cannot be checked, and everybody must see the same text.",
    ),
    "BR002": Explanation(
        "the text is not in the rule language",
        "when weight < 77 kg give 200 mg",
        "when weight < 77 kg => give 200 mg once daily",
        "The checker reads the whole file or nothing of it: half a rule is not a rule.",
    ),
    "BR003": Explanation(
        "a part of the rule is missing or written twice",
        "a rule without `evidence`, or with two `status` lines",
        "each part once; `bespoke explain` and docs/language.md list them",
        "Guidance without population, evidence or review date cannot be judged by its reader.",
    ),
    "BR004": Explanation(
        "a name is not known",
        "when wieght < 77 kg",
        "when weight < 77 kg",
        "A misspelt name would otherwise be a condition that never holds.",
    ),
    "BR005": Explanation(
        "a name is declared twice",
        "two inputs called `weight`",
        "one name for one thing",
        "The second declaration would hide the first.",
    ),
    "BR006": Explanation(
        "the types do not fit",
        "when cyp2c19 < 77 kg",
        "when cyp2c19 = poor",
        "A comparison across types has no answer.",
    ),
    "BR007": Explanation(
        "the unit does not fit",
        "when weight < 77 mL",
        "when weight < 77 kg",
        "Only units of the same kind are compared, and by exact factors; a code must be listed UCUM.",
    ),
    "BR008": Explanation(
        "a laboratory value or result needs a greatest age",
        "input weight: Quantity[kg] from observation body_weight required",
        "input weight: Quantity[kg] from observation body_weight within 90 days required",
        "An old value must not steer today's dose; `lifetime` says that age does not matter.",
    ),
    "BR009": Explanation(
        "the table leaves a case without an answer",
        "| < 30 mL/min => low\n| > 30 mL/min => full",
        "| < 30 mL/min => low\n| >= 30 mL/min => full",
        "The patient in the gap would get no advice although all data are there.",
    ),
    "BR010": Explanation(
        "two rows answer the same case differently",
        "| poor | * => avoid\n| * | poor => reduce",
        "rows that exclude one another, or the same result in both",
        "`unique` promises one answer; which row was meant is for the author to say.",
    ),
    "BR011": Explanation(
        "a row can never be reached",
        "a row whose cases are all in rows above",
        "remove it, or correct the row that hides it",
        "Advice that cannot be given was meant for somebody.",
    ),
    "BR012": Explanation(
        "the card text is too long or has an unknown placeholder",
        "advise \"… {weigth} …\"",
        "advise \"… {weight} …\", 139 characters at most with the longest value",
        "CDS Hooks limits a summary to less than 140 characters; a hole in a sentence misleads.",
    ),
    "BR013": Explanation(
        "a result of the rule is not tested",
        "an outcome that no test beside the rule expects",
        "a test that expects it",
        "The test patient shows the reviewer what the author meant, and keeps it so.",
    ),
    "BR014": Explanation(
        "a date is not possible",
        "effective from 2026-02-30, or an end before the start",
        "a calendar date; start before end; review after start",
        "The date chooses the version that speaks.",
    ),
    "BR015": Explanation(
        "the same version has different content",
        "two rules with one name and one version",
        "a new version number for each change",
        "A decision must be traceable to exactly one text.",
    ),
    "BR016": Explanation(
        "the dose cannot be given",
        "give 0 mg once daily",
        "an amount above zero in a unit of mass, volume or count, at a frequency above zero",
        "Every dose leaves through one gate; this is its first part.",
    ),
    "BR017": Explanation(
        "the condition is nested too deeply",
        "more than 64 parentheses, calls, `not`, signs or operations inside one another",
        "several branches, or a table",
        "Nobody can review such a condition, and the checker refuses what could exhaust it.",
    ),
    "BR018": Explanation(
        "an active rule has not been reviewed",
        "status active without `reviewed DATE by \"…\"` , or reviewed by its author alone",
        "status draft until somebody has read the source and says so",
        "Only reviewed guidance may fire in production.",
    ),
    "BR019": Explanation(
        "a number is beyond what can be measured",
        "when platelets < 150_000 10*3/uL",
        "when platelets < 150_000 /uL",
        "A threshold that no believable value reaches decides nothing, or everything the wrong way.",
    ),
    "BR020": Explanation(
        "the review of the rule is overdue",
        "review by 2025-01-01, a year ago",
        "read the source again, then `reviewed DATE by …` and a new `review by`",
        "Guidance ages; until somebody has read the source again, each card says that the review is overdue.",
    ),
    "BR021": Explanation(
        "an exception has no base of its own kind",
        "two rules that override each other, or one that overrides a rule about another drug",
        "the more special rule overrides the more general one, about the same drug",
        "In a circle each rule would silence the next, and nobody would hear any of them.",
    ),
    "BR022": Explanation(
        "two rules advise one patient differently",
        "two active rules about one drug, one source, one patient, two doses",
        "overrides NAME because \"…\" in the more special rule",
        "The prescriber would get two answers to one order; which one holds is for the author to say. "
        "Across sources it is a warning: the sources themselves may disagree.",
    ),
    "BR023": Explanation(
        "two doses of one rule lie far apart",
        "| < 30 mL/min => give 25 ug once daily\n| >= 30 mL/min => give 50 mg once daily",
        "| < 30 mL/min => give 25 mg once daily\n| >= 30 mL/min => give 50 mg once daily",
        "A hundredfold between two doses of one drug is more often a slip of unit or decimal point than "
        "guidance. It is a warning: the source decides.",
    ),
}  # fmt: skip
