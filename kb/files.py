"""The shape of the knowledge base's TOML files, checked strictly when they are read."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from msgspec import Meta, Struct, ValidationError, convert, field

from dsl.names import closest
from kb.errors import KnowledgeBaseError

Text = Annotated[str, Meta(min_length=1)]

_VERSION = r"^\d+\.\d+\.\d+$"
_PUBLISHED = r"^\d{4}(-\d{2}(-\d{2})?)?$"
_ADDRESS = r"^https://\S+$"
_HGNC = r"^HGNC:\d+$"
_SCORE = r"^(\u2265?\d+(\.\d+)?|n/a)$"
_EFFECT = r"^(inhibitor|inducer)$"
_STRENGTH = r"^(strong|moderate|weak)$"
_REVIEWED = r"^(draft|active)$"
_NUMBER = r"^-?\d+(\.\d+)?$"
_DESIGN = r"^(meta-analysis of trials|randomised trial|cohort|registry|case-control|model|label)$"
_ORIGIN = r"^(somatic|germline)$"
_CLASS = r"^(pathogenic|likely pathogenic|uncertain significance|likely benign|benign)$"
_CHANGE = r"^p\.[A-Z][a-z]{2}\d+\S+$"
_SIGN = r"^[+-]$"
_EVIDENCE = r"^(seed-abstract|preclinical|clinical)$"
_STAGE = r"^(approved|investigational)$"
_GAIN_OR_LOSS = r"^(gain|loss)$"
_DIGITS = r"^\d+$"
_SUCH_AS = {
    _ORIGIN: "somatic or germline",
    _CLASS: "pathogenic, likely pathogenic, uncertain significance, likely benign or benign",
    _CHANGE: "a change such as p.Glu76Lys",
    _NUMBER: 'a number in quotation marks such as "0.47"',
    _DESIGN: "meta-analysis of trials, randomised trial, cohort, registry, case-control, model or label",
    _VERSION: "three numbers such as 2026.11.1",
    _PUBLISHED: "a date such as 2024, 2024-05 or 2024-05-17",
    _ADDRESS: "an address that begins with https://",
    _HGNC: "an identifier such as HGNC:12014",
    _SCORE: "a number such as 1.25",
    _EFFECT: "inhibitor or inducer",
    _STRENGTH: "strong, moderate or weak",
    _REVIEWED: "draft or active",
    _SIGN: "+ or -",
    _EVIDENCE: "seed-abstract, preclinical or clinical",
    _STAGE: "approved or investigational",
    _GAIN_OR_LOSS: "gain or loss",
    _DIGITS: "digits such as 1425099",
}


SUFFIXES = (".toml", ".rule", ".tsv")
"""Files with these endings are the knowledge base; whatever else lies beside them is not."""

_TYPESET = "“”„«»"
"""Quotation marks that word processors write."""


class Strict(Struct, forbid_unknown_fields=True):
    """Every field in the type that is written here, and no others."""


class Manifest(Strict):
    """`kb.toml`: the name and version of the whole."""

    name: Text
    version: Annotated[str, Meta(pattern=_VERSION)]


class SourceFile(Strict, kw_only=True):
    """One entry of `sources.toml`, under the identifier that rules cite."""

    title: Text
    publisher: Text
    version: Text
    published: Annotated[str, Meta(pattern=_PUBLISHED)] | None = None
    url: Annotated[str, Meta(pattern=_ADDRESS)]
    read: date
    review_by: date | None = None
    """The day by which it is read again; needed by a source that a rule cites."""
    replaced_by: Text | None = None
    """The identifier of a newer edition."""


class EffectEntry(Strict):
    """An estimate with its interval of 95 %; numbers as text, so that they stay exact."""

    outcome: Text
    measure: Text
    estimate: Annotated[str, Meta(pattern=_NUMBER)]
    low: Annotated[str, Meta(pattern=_NUMBER)]
    high: Annotated[str, Meta(pattern=_NUMBER)]
    unit: Text = "1"


class TransportEntry(Strict, kw_only=True):
    """Whom a study was learned from, and so whom it may be carried over to."""

    cohort: Text
    ancestry: Text
    ages: tuple[int, ...]


class StudyFile(Strict, kw_only=True):
    """`sources/NAME.toml`: the study behind an entry of `sources.toml`."""

    cites: Text
    about: Text
    design: Annotated[str, Meta(pattern=_DESIGN)]
    grade_system: Text | None = None
    grade: Text | None = None
    effects: tuple[EffectEntry, ...] = ()
    baseline: Text
    target_trial: str = ""
    confounding: Text
    transport: TransportEntry


class PictureFile(Strict, kw_only=True):
    """`pictures/RULE.toml`: the operation whose picture shows what a rule says."""

    operation: Text
    label: Text
    given: dict[str, Any]
    outcomes: tuple[Text, ...] = ()


class Code(Strict):
    """One code with its display; `system` is a short name or a URI."""

    system: Text
    code: Text
    display: Text


class Prefix(Strict):
    """All codes that begin alike, for hierarchical systems such as ICD-10."""

    system: Text
    prefix: Text
    display: Text


class MolarMass(Strict):
    """The mass of one mole (`"113.12 g/mol"`) and the source that it was read in."""

    amount: Text
    source: Text


class ObservableFile(Strict, kw_only=True):
    """`observables/NAME.toml`; `plausible` holds the least and greatest believable quantity.

    With `molar_mass`, results in mass and in amount of substance convert into one another.
    """

    label: Text
    unit: Text
    plausible: tuple[Text, Text]
    molar_mass: MolarMass | None = None
    codes: tuple[Code, ...]


class StatusFile(Strict):
    """`statuses/NAME.toml`: an observation that is true or false, and the coded answers that say which."""

    label: Text
    codes: tuple[Code, ...]
    yes: tuple[Code, ...]
    no: tuple[Code, ...]


class VariantFile(Strict, kw_only=True):
    """`variants/NAME.toml`: variants of a gene that mean one thing to a rule."""

    label: Text
    symbol: Text
    hgnc: Annotated[str, Meta(pattern=_HGNC)]
    origin: Annotated[str, Meta(pattern=_ORIGIN)] | None = None
    classes: tuple[Annotated[str, Meta(pattern=_CLASS)], ...] = ("pathogenic", "likely pathogenic")
    changes: tuple[Annotated[str, Meta(pattern=_CHANGE)], ...] = ()
    """Changes of the protein that alone count."""


class ProductFile(Strict):
    """A product of a drug, with the amount in one piece (`"75 mg"`) where it comes in pieces."""

    display: Text
    rxnorm: Text | None = None
    strength: Text | None = None


class DrugFile(Strict):
    """`drugs/NAME.toml`: the RxNorm ingredient, its codes in other systems, its products.

    A drug that RxNorm does not have goes by its codes.
    """

    display: Text
    rxnorm: Text | None = None
    codes: tuple[Code, ...] = ()
    products: tuple[ProductFile, ...] = ()


class ConditionFile(Strict):
    """`conditions/NAME.toml`; without `clinical_statuses` a history of it counts too."""

    label: Text
    codes: tuple[Code, ...] = ()
    prefixes: tuple[Prefix, ...] = ()
    clinical_statuses: tuple[Text, ...] | None = None


class IndicationMember(Strict):
    """One member of an indication and the condition that means it."""

    member: Text
    condition: Text
    wins_over: tuple[Text, ...] = ()


class IndicationFile(Strict):
    """`indications/NAME.toml`."""

    enum: Text
    members: tuple[IndicationMember, ...]


class PredictionFile(Strict):
    """`predictions/NAME.toml`: a number that others calculate and rules may read, in a UCUM unit."""

    label: Text
    unit: Text


class FunctionPair(Strict):
    """Two allele functions in either order, or one where there may be one copy, and the phenotype."""

    functions: Annotated[tuple[Text, ...], Meta(min_length=1, max_length=2)]
    phenotype: Text


class ScoredPhenotype(Strict):
    """An activity score (`1.25`, `≥3.0`, or `n/a` for what has none) and the phenotype of whoever has it."""

    score: Annotated[str, Meta(pattern=_SCORE)]
    phenotype: Text


class GeneFile(Strict):
    """`genes/NAME.toml`; NAME is the symbol, or symbol and allele, with `_` for what a name cannot hold."""

    symbol: Text
    phenotype_enum: Text
    version: Text
    source: Text
    interpretation_codes: tuple[Text, ...]
    hgnc: Annotated[str, Meta(pattern=_HGNC)] | None = None
    """Left out for what is no gene, or has no number here yet."""
    alleles: dict[str, Text] = {}
    pairs: tuple[FunctionPair, ...] = ()
    other_names: dict[str, Text] = {}
    """Names of alleles that laboratories use instead, e.g. by dbSNP or HGVS, and the allele meant."""
    activity_scores: tuple[ScoredPhenotype, ...] = ()
    score_enum: Text | None = None
    """The enum of the activity scores, where rules may read them."""
    activity_values: dict[str, Annotated[str, Meta(pattern=_SCORE)]] = {}
    """Alleles and their activity values; an allele without one has a function that is not known."""
    genotype_enum: Text | None = None
    """The enum of the pairs of `allele_groups`, where rules may ask for the alleles themselves."""
    allele_groups: dict[str, Text] | Literal["by function"] = {}
    """Alleles that guidance tells apart, and the group of each; all others are the group `other`.

    Or the functions of the alleles are their groups.
    """
    carried: Text | None = None
    """The allele whose presence is asked, of a gene without listed alleles such as HLA-B."""
    phenotypes: dict[str, Text] = {}
    """Phenotypes as the source spells them."""


class BetweenScores(Strict):
    """The phenotype of the activity scores between two, both excluded, that no table lists."""

    above: Annotated[str, Meta(pattern=_SCORE)]
    below: Annotated[str, Meta(pattern=_SCORE)]
    phenotype: Text


class ConversionEntry(Strict):
    """What one strength of one effect does; several factors or phenotypes are all possible."""

    effect: Annotated[str, Meta(pattern=_EFFECT)]
    strength: Annotated[str, Meta(pattern=_STRENGTH)]
    sources: Annotated[tuple[Text, ...], Meta(min_length=1)]
    factors: tuple[Annotated[str, Meta(pattern=_SCORE)], ...] = ()
    phenotypes: dict[str, tuple[Text, ...]] = {}


class ModulatorEntry(Strict):
    """A drug that inhibits or induces the enzyme; it counts in full for `acts_days` after the last use."""

    drug: Text
    effect: Annotated[str, Meta(pattern=_EFFECT)]
    strength: Annotated[str, Meta(pattern=_STRENGTH)]
    washout_days: Annotated[int, Meta(ge=0, le=3650)]
    sources: Annotated[tuple[Text, ...], Meta(min_length=1)]
    status: Annotated[str, Meta(pattern=_REVIEWED)]
    acts_days: Annotated[int, Meta(ge=0, le=3650)] = 0


class PhenoconversionFile(Strict):
    """`phenoconversion/NAME.toml`; NAME is that of the gene in `genes/`."""

    conversions: Annotated[tuple[ConversionEntry, ...], Meta(min_length=1)]
    modulators: Annotated[tuple[ModulatorEntry, ...], Meta(min_length=1)]
    unlisted: tuple[BetweenScores, ...] = ()


class PathwayEdge(Strict, kw_only=True):
    """One node activates or inhibits another; an edge of the seed text alone has no source."""

    start: Text = field(name="from")
    end: Text = field(name="to")
    sign: Annotated[str, Meta(pattern=_SIGN)]
    evidence: Annotated[str, Meta(pattern=_EVIDENCE)]
    sources: tuple[Text, ...] = ()


class PathwayVariant(Strict, kw_only=True):
    """What an oncogenic or pathogenic variant in a gene does to its node."""

    gene: Text
    effect: Annotated[str, Meta(pattern=_GAIN_OR_LOSS)]
    evidence: Annotated[str, Meta(pattern=_EVIDENCE)]
    sources: tuple[Text, ...] = ()
    releases: tuple[Text, ...] = ()
    """With a loss: the nodes that are active by themselves then."""


class PathwayResistance(Strict, kw_only=True):
    """A variant, gene and change (`"MAP2K2 p.Q60P"`), whose node a drug no longer holds."""

    variant: Text
    evidence: Annotated[str, Meta(pattern=_EVIDENCE)]
    sources: tuple[Text, ...] = ()


class PathwayDrug(Strict, kw_only=True):
    """A drug that holds a node; `approved` says for some use and not for which."""

    name: Text
    node: Text
    status: Annotated[str, Meta(pattern=_STAGE)]
    sources: Annotated[tuple[Text, ...], Meta(min_length=1)]
    rxnorm: Annotated[str, Meta(pattern=_DIGITS)] | None = None
    resisted_by: tuple[PathwayResistance, ...] = ()
    caution: Text | None = None


class PathwayFile(Strict, kw_only=True):
    """`pathways/NAME.toml`: a signalling network and what is known of its drugs."""

    label: Text
    version: Annotated[str, Meta(pattern=_VERSION)]
    source: Text
    """Where the network as a whole comes from."""
    sink: Text
    origins: Annotated[tuple[Text, ...], Meta(min_length=1)]
    nodes: dict[str, tuple[Text, ...]]
    """Each node with its genes, none for what is no protein of one."""
    hgnc: dict[str, Annotated[str, Meta(pattern=_HGNC)]]
    """The identifier of each of these genes, by which reports name them."""
    edges: Annotated[tuple[PathwayEdge, ...], Meta(min_length=1)]
    drugs: tuple[PathwayDrug, ...] = ()
    variants: tuple[PathwayVariant, ...] = ()


class AnswerFile(Strict):
    """How one phenotype is reported: LOINC answer codes and wordings."""

    codes: tuple[Text, ...] = ()
    texts: tuple[Text, ...] = ()


class LocalCode(Strict):
    """A code of one site, what it stands for, and who signed that on which day."""

    system: Text
    code: Text
    target: Text
    signed_by: Text
    signed: date


class SiteFile(Strict):
    """The local codes of a site; `kb.site` explains it."""

    codes: Annotated[tuple[LocalCode, ...], Meta(min_length=1)]


_Shape = TypeVar("_Shape", bound=Strict)


def read(path: Path, shape: type[_Shape]) -> _Shape:
    """One TOML file in the given shape; raises `KnowledgeBaseError` naming file and field."""
    return _shaped(path, _toml(path), shape, "")


def read_entries(path: Path, shape: type[_Shape]) -> dict[str, _Shape]:
    """A TOML file of named tables that all have the given shape; raises `KnowledgeBaseError`."""
    return {name: _shaped(path, entry, shape, name) for name, entry in _toml(path).items()}


def _toml(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
        return tomllib.loads(text)
    except FileNotFoundError:
        raise KnowledgeBaseError(f"{path}: the file is missing; a knowledge base needs it") from None
    except OSError as error:
        raise KnowledgeBaseError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise KnowledgeBaseError(f"{path}: not a TOML file: {error}") from None
    except tomllib.TOMLDecodeError as error:
        typeset = next((sign for sign in _TYPESET if sign in text), "")
        hint = f'; text stands in `"`, not in `{typeset}`' if typeset else ""
        raise KnowledgeBaseError(f"{path}: not a TOML file: {error}{hint}") from None


def _shaped(path: Path, content: object, shape: type[_Shape], within: str) -> _Shape:
    try:
        return _converted(content, shape)
    except ValidationError as error:
        what, _, place = str(error).partition(" - at `$")
        absent = re.fullmatch(r"Object (missing required|contains unknown) field `(.+)`", what)
        parts = [within, *re.findall(r"\.\.\.|[^.\[\]`]+", place), absent[2] if absent else ""]
        field = ".".join(_key(content, parts[1], shape) if part == "..." else part for part in parts if part)
        said = _about(*absent.groups()) if absent else _in_plain_words(what)
        raise KnowledgeBaseError(f"{path}: field `{field}`: {said}") from None


def _converted(content: object, shape: type[_Shape]) -> _Shape:
    # Without `date` among the types, text would be taken for one.
    return convert(content, shape, builtin_types=(date,))


def _key(content: Any, field: str, shape: type[Strict]) -> str:
    """The key of a table in a field, which the library leaves out of its path: the one that fails alone."""
    for key, value in content[field].items():
        try:
            _converted(content | {field: {key: value}}, shape)
        except ValidationError:
            return str(key)
    return "..."


def _about(what: str, name: str) -> str:
    """What is wrong with a field that is missing, or that no table has."""
    if what == "missing required":
        return "is required and missing"
    fields = {field for shape in Strict.__subclasses__() for field in shape.__struct_fields__}
    return f"there is no such field here; {closest(name, fields) or 'leave it out'}"


_WORDS = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "date": "a date without quotes",
    "datetime": "a date with a time",
    "array": "a list",
    "object": "a table",
}


def _in_plain_words(what: str) -> str:
    """A complaint of the library for somebody who knows TOML but not Python."""
    _, _, pattern = what.partition(" matching regex ")
    if pattern:
        return f"expected {_SUCH_AS[pattern.strip(chr(39)).encode().decode('unicode_escape')]}"
    plain = re.sub(r"`(\w+)`", lambda word: _WORDS.get(word[1], word[0]), what)
    return plain.replace("Expected", "expected").replace("of length >= 1", "that is not empty")
