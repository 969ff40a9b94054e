"""The shape of the knowledge base's TOML files, checked strictly when they are read."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from kb.errors import KnowledgeBaseError

Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Manifest(_Strict):
    """`kb.toml`: the name and version of the whole."""

    name: Text
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]


class SourceFile(_Strict):
    """One entry of `sources.toml`, under the identifier that rules cite."""

    title: Text
    publisher: Text
    version: Text
    published: Annotated[str, Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")] | None = None
    url: Annotated[str, Field(pattern=r"^https://\S+$")]
    read: date


class Code(_Strict):
    """One code with its display; `system` is a short name or a URI."""

    system: Text
    code: Text
    display: Text


class Prefix(_Strict):
    """All codes that begin alike, for hierarchical systems such as ICD-10."""

    system: Text
    prefix: Text
    display: Text


class ObservableFile(_Strict):
    """`observables/NAME.toml`; `plausible` holds the least and greatest believable quantity.

    `plausible_otherwise` holds the same in units that do not convert, for values that rules only compare
    with the upper limit that the laboratory sent along.
    """

    label: Text
    unit: Text
    plausible: tuple[Text, Text]
    plausible_otherwise: tuple[tuple[Text, Text], ...] = ()
    codes: tuple[Code, ...]


class ProductFile(_Strict):
    """A product of a drug, with the amount in one piece (`"75 mg"`) where it comes in pieces."""

    display: Text
    rxnorm: Text | None = None
    strength: Text | None = None


class DrugFile(_Strict):
    """`drugs/NAME.toml`."""

    rxnorm: Text
    display: Text
    products: tuple[ProductFile, ...] = ()


class ConditionFile(_Strict):
    """`conditions/NAME.toml`; without `clinical_statuses` a history of it counts too."""

    label: Text
    codes: tuple[Code, ...] = ()
    prefixes: tuple[Prefix, ...] = ()
    clinical_statuses: tuple[Text, ...] | None = None


class IndicationMember(_Strict):
    """One member of an indication and the condition that means it."""

    member: Text
    condition: Text
    wins_over: tuple[Text, ...] = ()


class IndicationFile(_Strict):
    """`indications/NAME.toml`."""

    enum: Text
    members: tuple[IndicationMember, ...]


class ModelFile(_Strict):
    """`models/NAME.toml`: a numeric model whose result rules may read, in a UCUM unit."""

    label: Text
    unit: Text


class FunctionPair(_Strict):
    """Two allele functions in either order and the phenotype of whoever carries them."""

    functions: tuple[Text, Text]
    phenotype: Text


class GeneFile(_Strict):
    """`genes/SYMBOL.toml`."""

    symbol: Text
    hgnc: Annotated[str, Field(pattern=r"^HGNC:\d+$")]
    phenotype_enum: Text
    version: Text
    source: Text
    interpretation_codes: tuple[Text, ...]
    alleles: dict[str, Text]
    pairs: tuple[FunctionPair, ...]


class AnswerFile(_Strict):
    """How one phenotype is reported: LOINC answer codes and wordings."""

    codes: tuple[Text, ...] = ()
    texts: tuple[Text, ...] = ()


_T = TypeVar("_T")


def read(path: Path, shape: type[_T]) -> _T:
    """One TOML file in the given shape; raises `KnowledgeBaseError` naming file and field."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise KnowledgeBaseError(f"{path}: the file is missing; a knowledge base needs it") from None
    except OSError as error:
        raise KnowledgeBaseError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KnowledgeBaseError(f"{path}: not a TOML file: {error}") from None
    try:
        # TOML has no tuples: lists are taken for them, everything else stays strict
        return TypeAdapter(shape).validate_python(_frozen(data))
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise KnowledgeBaseError(f"{path}: field `{field}`: {first['msg']}") from None


def _frozen(value: object) -> object:
    if isinstance(value, dict):
        return {key: _frozen(part) for key, part in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(part) for part in value)
    return value
