"""The command line: names of commands and options; the work is done in the modules beside this one."""

from __future__ import annotations

import atexit
import gc
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="bespoke",
    help="Rules and knowledge for dosing and choosing drugs for the individual patient.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
audit_app = typer.Typer(help="Look into the decision log.", no_args_is_help=True)
app.add_typer(audit_app, name="audit")
kb_app = typer.Typer(help="Build, verify, list and compare knowledge bases.", no_args_is_help=True)
app.add_typer(kb_app, name="kb")
pgx_app = typer.Typer(
    help="Phenotypes and recommendations by line, or one patient's report.", invoke_without_command=True
)
app.add_typer(pgx_app, name="pgx")
dose_app = typer.Typer(help="Individual dosing by population models and levels.", no_args_is_help=True)
app.add_typer(dose_app, name="dose")
import_app = typer.Typer(help="Write rules from tables of guideline facts.", no_args_is_help=True)
kb_app.add_typer(import_app, name="import")


class ReportFormat(StrEnum):
    """How findings about rule files are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


class AnswerFormat(StrEnum):
    """How an evaluation is printed."""

    TEXT = "text"
    JSON = "json"
    CARDS = "cards"


class PassportFormat(StrEnum):
    """How a patient's report is written."""

    TEXT = "text"
    HTML = "html"
    JSON = "json"
    FHIR = "fhir"


class IntakeMode(StrEnum):
    """What becomes of a resource that deviates from FHIR R4."""

    TOLERANT = "tolerant"
    STRICT = "strict"


Paths = Annotated[list[Path] | None, typer.Argument(help="Rule files or folders.", show_default=False)]
Kb = Annotated[Path | None, typer.Option("--kb", help="Folder or release; default: the bundled one.")]
KbFolder = Annotated[
    Path | None, typer.Option("--kb", help="Folder of the knowledge base; default: the bundled one.")
]
SiteMap = Annotated[Path | None, typer.Option("--site-map", help="The signed local codes of a site (TOML).")]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="Instant that counts as now; a date means its last second in UTC."),
]
DoseBatch = Annotated[
    Path | None, typer.Option("--batch", help="JSON lines, each with id and a question.", show_default=False)
]
DoseGiven = Annotated[
    Path | None,
    typer.Option("--given", help="JSON file with one question, - for standard input.", show_default=False),
]
DoseJson = Annotated[bool, typer.Option("--json", help="The result as JSON, as --batch always gives it.")]


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="Rule files or folders.")],
    format: Annotated[ReportFormat, typer.Option(help="How to print what is found.")] = ReportFormat.TEXT,
    verify: Annotated[
        bool, typer.Option("--verify", help="Also prove what is calculated, with the solver z3 (an extra).")
    ] = False,
) -> None:
    """Check rule files: all errors of all files. Exit 0 clean, 1 errors, 2 unusable call."""
    from cds.cli import rules

    raise typer.Exit(rules.check(paths, format.value, verify=verify))


@app.command()
def test(
    paths: Paths = None,
    kb: KbFolder = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Also show what no test reaches, with a test that would.")
    ] = False,
    boundaries: Annotated[
        bool, typer.Option("--boundaries", help="Also show the answers on each side of every limit.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Run the tests beside the rules. Exit 0 all pass, 1 a test or file fails, 2 unusable call."""
    from cds.cli import rules

    code = rules.test(paths or [], kb, coverage=coverage, boundaries=boundaries, as_json=as_json)
    raise typer.Exit(code)


@app.command()
def fmt(
    paths: Annotated[list[Path], typer.Argument(help="Rule files or folders.")],
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; list the files that would change.")
    ] = False,
) -> None:
    """Bring rule files into the standard layout. Exit 0 done, 1 errors or would change, 2 unusable call."""
    from cds.cli import format

    raise typer.Exit(format.run(paths, check=check))


@app.command()
def explain(code: Annotated[str, typer.Argument(help="A code such as BR009.")]) -> None:
    """Explain a code of `bespoke check`. Exit 0, or 2 for a code that does not exist."""
    from cds.cli import rules

    raise typer.Exit(rules.explain(code))


@app.command()
def evaluate(
    bundle: Annotated[Path, typer.Argument(help="A FHIR Bundle with one patient's record.")],
    hook: Annotated[str | None, typer.Option(help="patient-view, order-select or order-sign.")] = None,
    as_of: AsOf = None,
    format: Annotated[AnswerFormat, typer.Option(help="How to print the answer.")] = AnswerFormat.TEXT,
    kb: Kb = None,
    site_map: SiteMap = None,
    intake: Annotated[
        IntakeMode, typer.Option(help="Note what deviates from FHIR, or refuse it (the extra `strict`).")
    ] = IntakeMode.TOLERANT,
    fire_draft: Annotated[bool, typer.Option("--fire-draft", help="Let draft rules speak.")] = False,
    follow: Annotated[
        list[str] | None, typer.Option(help="A source that goes before others, such as DPWG; repeatable.")
    ] = None,
) -> None:
    """Say what the rules answer for one patient, and why. Exit 0, or 2 for input that cannot be used."""
    from cds.cli import evaluate as command

    code = command.run(
        bundle,
        hook,
        as_of,
        format.value,
        kb,
        fire_draft=fire_draft,
        site_map=site_map,
        intake=intake.value,
        follow=follow or (),
    )
    raise typer.Exit(code)


@app.command()
def calc(
    operation: Annotated[
        str | None, typer.Argument(help="Its name; without one all are listed.", show_default=False)
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Argument(help="NAME=VALUE, the value a number, JSON or `0.1 g`.", show_default=False),
    ] = None,
    given: Annotated[
        Path | None, typer.Option("--given", help="JSON file with the fields, - for standard input.")
    ] = None,
    batch: Annotated[
        Path | None, typer.Option("--batch", help="JSON lines with id, op and given.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result as JSON.")] = False,
    svg: Annotated[
        Path | None,
        typer.Option(
            "--svg", help="Draw the answer into FILE; .html adds its numbers as a table.", show_default=False
        ),
    ] = None,
    kb: Kb = None,
) -> None:
    """Answer one operation, or a file of them line by line; without fields its page is shown.

    Exit 0, 1 if a line of the file failed, 2 if the input or the file cannot be used.
    """
    from cds.cli import calc as command

    if batch is None:
        raise typer.Exit(command.run(operation, fields or [], given, kb, as_json=as_json, svg=svg))
    if operation is not None or given is not None:
        raise typer.Exit(fail("give either --batch or an operation, such as `bespoke calc pk.css`"))
    raise typer.Exit(command.run_file(batch, kb))


@pgx_app.callback()
def pgx(
    context: typer.Context,
    batch: Annotated[
        Path | None, typer.Option("--batch", help="JSON lines with id and kind.", show_default=False)
    ] = None,
    kb: Kb = None,
) -> None:
    """Phenotypes and recommendations by line, or one patient's report.

    With --batch: exit 0, 1 if a line failed, 2 if the file cannot be used.
    """
    if context.invoked_subcommand is not None:
        if batch is not None:
            raise typer.Exit(fail("give either --batch or a command, such as `bespoke pgx report FILE`"))
        context.obj = kb
        return
    if batch is None:
        raise typer.Exit(fail("give --batch FILE, or a command, such as `bespoke pgx report FILE`"))
    from cds.cli import pgx as command

    raise typer.Exit(command.run(batch, kb))


@pgx_app.command("report")
def pgx_report(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A FHIR Bundle, or a result of PharmCAT (JSON or TSV).")],
    kb: Kb = None,
    site_map: SiteMap = None,
    as_of: AsOf = None,
    fire_draft: Annotated[
        bool, typer.Option("--fire-draft", help="Show draft rules too, marked as such.")
    ] = False,
    format: Annotated[PassportFormat, typer.Option(help="How to write the report.")] = PassportFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option(help="File to write; default: standard output.", show_default=False)
    ] = None,
) -> None:
    """Write one patient's pharmacogenomic report: genes, phenotypes, drugs by severity.

    Exit 0, or 2 for a file that cannot be used or that says nothing of any known gene.
    """
    from cds.cli import report as command

    code = command.run(
        file, format.value, output, kb or context.obj, as_of, fire_draft=fire_draft, site_map=site_map
    )
    raise typer.Exit(code)


@dose_app.command("fit")
def dose_fit(
    batch: DoseBatch = None, given: DoseGiven = None, as_json: DoseJson = False, kb: Kb = None
) -> None:
    """Say what levels tell about one person.

    Exit 0, 1 if a line failed, 2 if the input cannot be used.
    """
    from cds.cli import dose as command

    raise typer.Exit(command.run("fit", batch, given, kb, as_json=as_json))


@dose_app.command("predict")
def dose_predict(
    batch: DoseBatch = None, given: DoseGiven = None, as_json: DoseJson = False, kb: Kb = None
) -> None:
    """Predict the course in one person, before and after the levels counted.

    Exit 0, 1 if a line failed, 2 if the input cannot be used.
    """
    from cds.cli import dose as command

    raise typer.Exit(command.run("predict", batch, given, kb, as_json=as_json))


@dose_app.command("optimise")
def dose_optimise(
    batch: DoseBatch = None, given: DoseGiven = None, as_json: DoseJson = False, kb: Kb = None
) -> None:
    """Find the regimen that reaches a target most probably.

    Exit 0, 1 if a line failed, 2 if the input cannot be used.
    """
    from cds.cli import dose as command

    raise typer.Exit(command.run("optimise", batch, given, kb, as_json=as_json))


@dose_app.command("report")
def dose_report(
    bundle: Annotated[Path, typer.Argument(help="A FHIR Bundle with one patient's record and draft orders.")],
    as_of: AsOf = None,
    kb: Kb = None,
    page: Annotated[
        Path | None, typer.Option(help="Write the calculation with its curve, HTML.", show_default=False)
    ] = None,
    fire_draft: Annotated[bool, typer.Option("--fire-draft", help="Let draft plans speak.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The cards as JSON.")] = False,
) -> None:
    """Find the individual dose of each ordered drug that has a plan. Exit 0, or 2 for unusable input."""
    from cds.cli import dose as command

    raise typer.Exit(command.report(bundle, as_of, kb, page, fire_draft=fire_draft, as_json=as_json))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes a free one.")] = None,
    db: Annotated[str | None, typer.Option(help="URL of the decision log.")] = None,
    kb: Kb = None,
    config: Annotated[Path | None, typer.Option(help="Settings file; default: bespoke.toml.")] = None,
    as_of: AsOf = None,
    fire_draft: Annotated[
        bool, typer.Option("--fire-draft", help="Let draft rules fire, saying so.")
    ] = False,
) -> None:
    """Serve CDS Hooks. Exit 0 when stopped, 2 if it cannot start."""
    from cds.cli import serve as command

    options = {
        "host": host,
        "port": port,
        "db": db,
        "kb": kb,
        "as_of": as_of,
        "fire_draft": fire_draft or None,
    }
    given = {name: value for name, value in options.items() if value is not None}
    raise typer.Exit(command.run(config, given))


@app.command()
def demo() -> None:
    """Serve on loopback, ask about six example patients, print their cards and one logged decision."""
    from cds.cli import demo as command

    raise typer.Exit(command.run())


@audit_app.command()
def show(
    id: Annotated[str, typer.Argument(help="The id from the header X-Decision-Id.")],
    db: Annotated[str, typer.Option(help="URL of the decision log.")] = "sqlite:///bespoke.db",
    as_json: Annotated[bool, typer.Option("--json", help="Print the record as JSON.")] = False,
) -> None:
    """Print one logged decision. Exit 0, 1 if there is none with this id, 2 if the log cannot be read."""
    from cds.cli import audit

    raise typer.Exit(audit.show(id, db, as_json=as_json))


@kb_app.command("list")
def list_rules(
    kb: Kb = None,
    status: Annotated[str | None, typer.Option(help="Only rules in this status.")] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", "--as-of", help="Day on which reviews and sources count as overdue; today."),
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Instead: drugs, genes, pairs and rows of each source.")
    ] = False,
    stale: Annotated[
        bool, typer.Option("--stale", help="Instead: rules and sources that are out of date.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON.")] = False,
) -> None:
    """List rules: version, status, dates, tests, source attributes. Exit 0, 2 for an unusable call."""
    from cds.cli import currency, knowledge

    if coverage or stale:
        if status is not None or (coverage and stale) or (coverage and on is not None):
            raise typer.Exit(
                fail("give --coverage, or --stale with --as-of, without another choice of rules")
            )
        raise typer.Exit(
            currency.covered(kb, as_json=as_json) if coverage else currency.stale(kb, on, as_json=as_json)
        )
    raise typer.Exit(knowledge.list_rules(kb, status, on, as_json=as_json))


@kb_app.command()
def build(
    kb: KbFolder = None,
    output: Annotated[
        Path | None, typer.Option(help="File to write; default: NAME-VERSION.release here.")
    ] = None,
) -> None:
    """Check a knowledge base and write it as one release file.

    A version that the file holds with other content is not replaced. Exit 0 written, 1 errors in the
    knowledge base, 2 unusable call.
    """
    from cds.cli import knowledge

    raise typer.Exit(knowledge.build(kb, output))


@kb_app.command()
def verify(
    path: Annotated[Path, typer.Argument(help="A release file, or the folder of a knowledge base.")],
    against: Annotated[
        Path | None, typer.Option(help="Folder that it must have been built from, byte for byte.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Check that a release is undamaged, complete, and what its sources say when compiled anew.

    Exit 0 sound, 1 it is not, 2 unusable call.
    """
    from cds.cli import knowledge

    raise typer.Exit(knowledge.verify(path, against, as_json=as_json))


@kb_app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Folder or release file.")],
    new: Annotated[Path, typer.Argument(help="Folder or release file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the changes as JSON.")] = False,
) -> None:
    """Say what changed between two knowledge bases, and for which patient the answer of a rule changes.

    Exit 0, 1 if anything changed without a new version, 2 unusable call.
    """
    from cds.cli import difference

    raise typer.Exit(difference.diff(old, new, as_json=as_json))


@kb_app.command("import-rxnorm")
def import_rxnorm(
    folder: Annotated[Path, typer.Argument(help="Folder of an RxNorm release, with its RRF files.")],
    kb: KbFolder = None,
    output: Annotated[
        Path | None, typer.Option(help="File to write; default: rxnorm.tsv in the folder of --kb, else here.")
    ] = None,
) -> None:
    """Write a table of all codes that lead to the drugs of a knowledge base: products, brands, combinations.

    It belongs into the folder of the knowledge base, as rxnorm.tsv. Exit 0 written, 1 a file cannot be used
    or contradicts the knowledge base, 2 unusable call.
    """
    from cds.cli import rxnorm

    raise typer.Exit(rxnorm.run(folder, kb, output))


Drugs = Annotated[
    list[Path],
    typer.Option("--drugs", help="The codes of its drugs (TSV); given again, a further table for the rest."),
]
Into = Annotated[Path, typer.Option("--kb", help="Folder of the knowledge base.")]
Write = Annotated[bool, typer.Option("--write", help="Write what is new or has another meaning.")]
Reviewed = Annotated[
    Path | None,
    typer.Option(
        "--reviewed",
        help="The rows that somebody has read (TSV); default: reviewed.tsv beside the rules of --kb.",
    ),
]


@import_app.command()
def cpic(
    recommendations: Annotated[Path, typer.Argument(help="The table of recommendations (TSV).")],
    drugs: Drugs,
    kb: Into,
    write: Write = False,
) -> None:
    """Say which rules a table of CPIC recommendations would make or change; with --write, write them.

    Every rule written is a draft; a file whose meaning stays keeps its status and its reviews. Exit 0 done,
    1 a table cannot be used, 2 unusable call.
    """
    from cds.cli import importing

    raise typer.Exit(importing.run("cpic", recommendations, drugs, kb, write=write))


@import_app.command()
def dpwg(
    recommendations: Annotated[Path, typer.Argument(help="The table of recommendations (TSV).")],
    drugs: Drugs,
    kb: Into,
    reviewed: Reviewed = None,
    write: Write = False,
) -> None:
    """The same of DPWG recommendations: of a row that nobody has read, the rule says only that it exists.

    Exit 0 done, 1 a table cannot be used, 2 unusable call.
    """
    from cds.cli import importing

    raise typer.Exit(importing.run("dpwg", recommendations, drugs, kb, reviewed, write=write))


@import_app.command()
def fda(
    entries: Annotated[Path, typer.Argument(help="The table of entries by drug and gene (TSV).")],
    drugs: Drugs,
    kb: Into,
    reviewed: Reviewed = None,
    write: Write = False,
) -> None:
    """The same of the FDA's entries, in labels and in its table of associations.

    Exit 0 done, 1 a table cannot be used, 2 unusable call.
    """
    from cds.cli import importing

    raise typer.Exit(importing.run("fda", entries, drugs, kb, reviewed, write=write))


@kb_app.command()
def forecast(
    folder: Annotated[
        Path | None,
        typer.Argument(
            help="Folder of Bundles, one patient each, or of a Bulk Data export.",
            show_default=False,
        ),
    ] = None,
    kb: Kb = None,
    site_map: SiteMap = None,
    against: Annotated[
        Path | None, typer.Option(help="Folder of another knowledge base, to set beside.")
    ] = None,
    rule: Annotated[str | None, typer.Option(help="Only the rule with this name.")] = None,
    as_of: AsOf = None,
    draft: Annotated[bool, typer.Option("--draft", help="Count draft rules too.")] = False,
    db: Annotated[
        str | None, typer.Option(help="Instead of a folder: URL of a decision log, for its shadow rules.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Count the cards per 1,000 orders that rules would show, for charts or from the log.

    Exit 0, 1 if a chart or a line of an export could not be read, 2 unusable call.
    """
    from cds.cli import forecast as charts
    from cds.cli import forecast_log

    if (folder is None) is (db is None):
        raise typer.Exit(fail("give either a folder of charts, or --db with a decision log"))
    if db is not None:
        if kb or site_map or against or as_of or draft:
            raise typer.Exit(
                fail("--db counts what is on record; leave out --kb, --site-map, --against, --as-of, --draft")
            )
        raise typer.Exit(forecast_log.run(db, rule, as_json=as_json))
    assert folder is not None
    code = charts.run(folder, kb, against, rule, as_of, draft=draft, as_json=as_json, site_map=site_map)
    raise typer.Exit(code)


def fail(message: object) -> int:
    """One sentence on standard error, and the exit code of a call that cannot be carried out."""
    print(f"bespoke: {message}", file=sys.stderr)
    return 2


def main() -> None:
    """Entry point of the command."""
    # Modules are loaded to stay: looking for rubbish among them, and once more at the end, takes a seventh of
    # the time of a short command.
    gc.set_threshold(100_000)
    atexit.register(gc.freeze)
    app()
