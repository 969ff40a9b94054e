"""Source attributes of decision support, for certification (45 CFR 170.315(b)(11)).

An evidence-based intervention has 13, a predictive one (it reads a model, or weighs futures) 31. What the
rule says already is derived; the author writes the rest as `attribute NAME "…"` in the evidence block.
The names are ours; the numbering of the predictive ones is that of the regulation's groups.
"""

from __future__ import annotations

from dsl import model

DEVELOPER = ("developer", "funding")
"""What the author of an evidence-based rule writes; the other eleven follow from the rule."""

_DEMOGRAPHIC = (
    "use_of_race", "use_of_ethnicity", "use_of_language", "use_of_sexual_orientation",
    "use_of_gender_identity", "use_of_sex", "use_of_date_of_birth", "use_of_social_determinants",
    "use_of_health_status",
)  # fmt: skip

PREDICTIVE = (
    "developer", "funding", "output", "output_type", "intended_use", "intended_population",
    "intended_users", "decision_role", "out_of_scope", "known_risks", "training_criteria",
    "training_variables", "training_representativeness", "training_relevance", "fairness_approach",
    "bias_management", "external_data", "external_party", "external_representativeness",
    "external_process", "validity_internal", "fairness_internal", "validity_external",
    "fairness_external", "outcome_references", "validity_monitoring", "validity_local",
    "fairness_monitoring", "fairness_local", "update_process", "correction_process",
)  # fmt: skip

TABLE = ("guideline_id", "pmids", "table_population", "edition", "entry_section", "rows_read")
"""Where a rule stands in the table of facts that it was written from, and which of its rows somebody read
against the source; no regulation asks for it."""

AUTHOR = "author"
"""Who wrote the rule, several parted by commas, where that is told: whoever reviews it is somebody else."""

IMPORTER = "bespoke kb import"
"""The command that writes rules from tables: it never reviews one."""

WRITTEN = (*PREDICTIVE, *TABLE, AUTHOR)
"""Every name that may stand behind `attribute`."""

_NOT_USED = "not used: rules cannot read it"


def is_predictive(rule: model.Rule) -> bool:
    """Whether the rule rests on relationships derived from data, not on written guidance alone."""
    models = any(declared.source.kind is model.SourceKind.MODEL for declared in rule.inputs)
    return models or any(isinstance(let.value, model.LeastHarm) for let in rule.lets)


def source_attributes(rule: model.Rule) -> dict[str, str | None]:
    """Each attribute that the rule must have, with its text; None where nobody wrote it."""
    written = dict(rule.evidence.attributes)
    if is_predictive(rule):
        return {name: written.get(name) for name in PREDICTIVE}
    kinds = {declared.source.kind for declared in rule.inputs}
    patient = {each.source.name for each in rule.inputs if each.source.kind is model.SourceKind.PATIENT}
    health = sorted(kind.value for kind in kinds - {model.SourceKind.PATIENT})
    until = f", until {rule.effective_until.isoformat()}" if rule.effective_until else ""
    reviewed = "".join(f", reviewed {day.isoformat()}" for day, _ in rule.evidence.reviewed)
    derived = dict.fromkeys(_DEMOGRAPHIC, _NOT_USED) | {
        "use_of_sex": "read by the rule"
        if any(name.startswith("female") for name in patient)
        else "not used",
        "use_of_date_of_birth": "read as age by the rule" if "age" in patient else "not used",
        "use_of_health_status": f"read: {', '.join(health)}" if health else "not used",
    }
    return {
        "citation": ", ".join(citation.identifier for citation in rule.evidence.citations),
        **{name: written.get(name) for name in DEVELOPER},
        "release_and_revision": f"effective from {rule.effective_from.isoformat()}{until}{reviewed}",
        **derived,
    }
