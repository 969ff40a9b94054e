"""What cannot be calculated.

ValueError
└── CalculationError    with a machine word and the field that it is about
    ├── UnusableInput   what came is not what the operation takes
    └── NoAnswer        what came is usable, and has no answer
"""

from __future__ import annotations


class CalculationError(ValueError):
    """A calculation that has no result; the message says what came and what is allowed."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class UnusableInput(CalculationError):
    """A field that is missing, unknown, of another type or unit, or out of its range."""


class NoAnswer(CalculationError):
    """Fields that do not fit together, or of which no number follows."""
