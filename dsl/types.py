"""The types of values in rules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QuantityType:
    """An amount in a UCUM unit."""

    unit: str


@dataclass(frozen=True, slots=True)
class EnumType:
    """One of a closed set of names."""

    name: str
    members: tuple[str, ...]
    labels: tuple[str, ...] = ()
    """The words for people, one for each member."""

    def label(self, member: str) -> str:
        """The words for one member; its own name where none were given."""
        return self.labels[self.members.index(member)] if self.labels else member


@dataclass(frozen=True, slots=True)
class BooleanType:
    """True or false."""


ValueType = QuantityType | EnumType | BooleanType
