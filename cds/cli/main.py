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


Paths = Annotated[list[Path] | None, typer.Argument(help="Rule files or folders.", show_default=False)]
Kb = Annotated[
    Path | None, typer.Option("--kb", help="Folder of the knowledge base; default: the bundled one.")
]
AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="Instant that counts as now; a date means its last second in UTC."),
]


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help="Rule files or folders.")],
    format: Annotated[ReportFormat, typer.Option(help="How to print what is found.")] = ReportFormat.TEXT,
) -> None:
    """Check rule files: all errors of all files. Exit 0 clean, 1 errors, 2 unusable call."""
    from cds.cli import rules

    raise typer.Exit(rules.check(paths, format.value))


@app.command()
def test(
    paths: Paths = None,
    kb: Kb = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Also list branches that no test reaches.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Run the tests beside the rules. Exit 0 all pass, 1 a test or file fails, 2 unusable call."""
    from cds.cli import rules

    raise typer.Exit(rules.test(paths or [], kb, coverage=coverage, as_json=as_json))


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
    fire_draft: Annotated[bool, typer.Option("--fire-draft", help="Let draft rules speak.")] = False,
) -> None:
    """Say what the rules answer for one patient, and why. Exit 0, or 2 for input that cannot be used."""
    from cds.cli import evaluate as command

    raise typer.Exit(command.run(bundle, hook, as_of, format.value, kb, fire_draft=fire_draft))


@app.command()
def calc(
    batch: Annotated[Path, typer.Option("--batch", help="JSON lines with id, op and given.")],
    kb: Kb = None,
) -> None:
    """Answer operations line by line. Exit 0, 1 if a line failed, 2 if the file cannot be used."""
    from cds.cli import calc as command

    raise typer.Exit(command.run(batch, kb))


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
