"""Equations of population models: arithmetic as it stands in a model file, compiled and differentiated.

The words of Python's expressions, none of its powers: numbers, names, `+ - * / **`, comparisons,
`a if condition else b`, and the functions of `FUNCTIONS`. An equation works on numbers and on arrays alike,
and on complex ones, whose small imaginary parts carry derivatives: where it compares, it compares real parts.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[Any]
"""Floats, or complex numbers that carry derivatives."""
Floats: TypeAlias = NDArray[np.floating[Any]]

_MOST_NODES: Final = 500


class EquationError(ValueError):
    """An equation that is not arithmetic of the kind above; says what and where."""


def _logistic(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _least(a: Any, b: Any) -> Any:
    return np.where(np.real(a) < np.real(b), a, b)


def _most(a: Any, b: Any) -> Any:
    return np.where(np.real(a) < np.real(b), b, a)


FUNCTIONS: Final[Mapping[str, tuple[int, Callable[..., Any]]]] = {
    "exp": (1, np.exp),
    "log": (1, np.log),
    "log10": (1, np.log10),
    "sqrt": (1, np.sqrt),
    "logistic": (1, _logistic),
    "minimum": (2, _least),
    "maximum": (2, _most),
}
"""Name, number of arguments, meaning."""

_NAMESPACE: Final[dict[str, Any]] = {
    "__builtins__": {},
    "_where": np.where,
    "_real": np.real,
} | {name: function for name, (_, function) in FUNCTIONS.items()}
_OPERATORS: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub)
_COMPARISONS: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


@dataclass(frozen=True, slots=True)
class Equation:
    """One expression; calling it with the values of its names evaluates it."""

    text: str
    names: frozenset[str]
    """What it reads, functions left out."""
    code: CodeType

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Its value; numbers, or arrays that fit together."""
        # Nothing but what `_check` let through is in the code.
        return eval(self.code, _NAMESPACE, values)


def equation(text: str) -> Equation:
    """The equation of a text. Raises EquationError."""
    return _compiled(_parsed(text), text)


def derivative(of: Equation, name: str) -> Equation:
    """d(equation)/d(name), simplified as far as zeros and ones go.

    Raises EquationError where the equation has none: `minimum`, `maximum`. A condition is taken as it stands.
    """
    tree = _derived(_parsed(of.text), name)
    return _compiled(tree, ast.unparse(tree))


def together(
    outer: Sequence[str],
    inner: Sequence[str],
    steps: Sequence[tuple[str, Equation]],
    results: Sequence[Equation],
) -> Callable[..., Callable[..., tuple[Any, ...]]]:
    """One function for several equations: takes `outer`, gives one that takes `inner` and gives `results`.

    `steps` are worked out in between, for all of them. Equations that are followed through thousands of
    steps would otherwise spend their time on looking up names.
    """
    body: list[ast.stmt] = [
        ast.Assign([ast.Name(name, ast.Store())], _Vectors().visit(_parsed(step.text)))
        for name, step in steps
    ]
    values: list[ast.expr] = [_Vectors().visit(_parsed(result.text)) for result in results]
    body.append(ast.Return(ast.Tuple(values, ast.Load())))
    within = ast.parse("def made():\n def slope():\n  pass\n return slope")
    made = within.body[0]
    assert isinstance(made, ast.FunctionDef)
    slope = made.body[0]
    assert isinstance(slope, ast.FunctionDef)
    made.args.args = [ast.arg(name) for name in outer]
    slope.args.args = [ast.arg(name) for name in inner]
    slope.body = body
    namespace = dict(_NAMESPACE)
    exec(compile(ast.fix_missing_locations(within), "<equations>", "exec"), namespace)
    found: Callable[..., Callable[..., tuple[Any, ...]]] = namespace["made"]
    return found


def _parsed(text: str) -> ast.expr:
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise EquationError(f"`{text}` is no arithmetic expression") from None
    if sum(1 for _ in ast.walk(tree)) > _MOST_NODES:
        raise EquationError(f"`{text[:60]}…` is too long: give its parts names of their own")
    _check(tree, text)
    return tree


def _check(node: ast.expr, text: str) -> None:
    match node:
        case ast.Constant(value=value) if type(value) in (int, float):
            return
        case ast.Name():
            if node.id.startswith("_") or node.id in FUNCTIONS:
                raise EquationError(f"`{node.id}` in `{text}` cannot be a name")
            return
        case ast.BinOp() if isinstance(node.op, _OPERATORS):
            parts = [node.left, node.right]
        case ast.UnaryOp(op=ast.USub()):
            parts = [node.operand]
        case ast.IfExp(test=ast.Compare(left=left, ops=[operator], comparators=[right])) if isinstance(
            operator, _COMPARISONS
        ):
            parts = [node.body, left, right, node.orelse]
        case ast.Call(func=ast.Name(id=name), args=args, keywords=[]) if name in FUNCTIONS:
            if len(args) != FUNCTIONS[name][0]:
                raise EquationError(f"`{name}` in `{text}` takes {FUNCTIONS[name][0]}, not {len(args)}")
            parts = args
        case _:
            raise EquationError(
                f"`{ast.unparse(node)}` in `{text}` is not allowed: numbers, names, + - * / **, "
                f"`a if b < c else d`, {', '.join(FUNCTIONS)}"
            )
    for part in parts:
        _check(part, text)


def _compiled(tree: ast.expr, text: str) -> Equation:
    names = frozenset(
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id not in FUNCTIONS
    )
    body = ast.fix_missing_locations(ast.Expression(_Vectors().visit(tree)))
    return Equation(text, names, compile(body, "<equation>", "eval"))


class _Vectors(ast.NodeTransformer):
    """Conditions over arrays: both sides are worked out, then chosen from."""

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        test = node.test
        assert isinstance(test, ast.Compare)
        test.left = _call("_real", test.left)
        test.comparators = [_call("_real", test.comparators[0])]
        return _call("_where", test, node.body, node.orelse)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _constant(value: float) -> ast.Constant:
    return ast.Constant(value)


def _is(node: ast.expr, value: float) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def _sum(a: ast.expr, b: ast.expr) -> ast.expr:
    if _is(a, 0):
        return b
    return a if _is(b, 0) else ast.BinOp(a, ast.Add(), b)


def _product(a: ast.expr, b: ast.expr) -> ast.expr:
    if _is(a, 0) or _is(b, 0):
        return _constant(0)
    if _is(a, 1):
        return b
    return a if _is(b, 1) else ast.BinOp(a, ast.Mult(), b)


def _negative(a: ast.expr) -> ast.expr:
    return a if _is(a, 0) else ast.UnaryOp(ast.USub(), a)


def _quotient(a: ast.expr, b: ast.expr) -> ast.expr:
    return a if _is(a, 0) else ast.BinOp(a, ast.Div(), b)


def _derived(node: ast.expr, name: str) -> ast.expr:
    def d(part: ast.expr) -> ast.expr:
        return _derived(part, name)

    match node:
        case ast.Constant():
            return _constant(0)
        case ast.Name():
            return _constant(1 if node.id == name else 0)
        case ast.UnaryOp(operand=operand):
            return _negative(d(operand))
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return ast.IfExp(test, d(body), d(orelse))
        case ast.BinOp(left=a, op=ast.Add(), right=b):
            return _sum(d(a), d(b))
        case ast.BinOp(left=a, op=ast.Sub(), right=b):
            return _sum(d(a), _negative(d(b)))
        case ast.BinOp(left=a, op=ast.Mult(), right=b):
            return _sum(_product(d(a), b), _product(a, d(b)))
        case ast.BinOp(left=a, op=ast.Div(), right=b):
            below = _product(node, d(b))
            return _quotient(_sum(d(a), _negative(below)), b)
        case ast.BinOp(left=a, op=ast.Pow(), right=b):
            by_base = _product(_product(b, ast.BinOp(a, ast.Pow(), _sum(b, _constant(-1)))), d(a))
            return _sum(by_base, _product(_product(node, _call("log", a)), d(b)))
        case ast.Call(func=ast.Name(id=function), args=[a]):
            outer: dict[str, ast.expr] = {
                "exp": node,
                "log": ast.BinOp(_constant(1), ast.Div(), a),
                "log10": ast.BinOp(_constant(1), ast.Div(), _product(a, _constant(float(np.log(10))))),
                "sqrt": ast.BinOp(_constant(0.5), ast.Div(), node),
                "logistic": _product(node, _sum(_constant(1), _negative(node))),
            }
            return _product(outer[function], d(a))
        case _:
            raise EquationError(f"`{ast.unparse(node)}` has no derivative everywhere")
