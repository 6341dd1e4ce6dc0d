"""A failure as a program of its own: a few lines that show it with the adapter's library alone, without Assay."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from harness.errors import UsageError
from harness.oracle.launch import Layout, place_of
from harness.oracle.problem import Array, Problem
from harness.run.explain import Smallest

#: A program is no longer than this: one that has to be scrolled is not looked at.
MOST_LINES = 40
#: Elements that are written out; a failure that needs more has no such program.
MOST_ELEMENTS = 4096

#: By adapter: its table of operations, the line that imports its array namespace, and how an array is made in it.
_LIBRARIES = {
    "numpy": ("harness.adapters.numpy_operations", ("import array_api_compat.numpy as xp", "import numpy as np"), ""),
    "torch": (
        "harness.adapters.torch_operations",
        ("import array_api_compat.torch as xp", "import numpy as np", "import torch"),
        "torch",
    ),
}


def script_of(device: str, smallest: Smallest) -> str:
    """The program that shows a failure on a device of a library.

    Raises ``UsageError`` where the device is no library that could be used without Assay, or the failure is too large.
    """
    adapter, _, argument = device.partition(":")
    if adapter not in _LIBRARIES:
        raise UsageError(
            f"{device} is no library that could be used without Assay",
            remedy="leave --script out: `assay replay` shows the same failure",
        )
    if sum(operand.size for problem in smallest.launches for operand in problem.operands) > MOST_ELEMENTS:
        raise UsageError("the failure has too many elements to be written out", remedy="leave --script out")
    table, imports, kind = _LIBRARIES[adapter]
    operations = import_module(table).OPERATIONS
    lines = [_title(device, smallest), *imports, *_maker(kind, argument)]
    functions = dict.fromkeys(problem.task.name for problem in smallest.launches)
    for number, name in enumerate(functions):
        lines += _function(operations[name].compute, f"operation{number}")
    for problem in smallest.launches:
        lines += _launch(problem, f"operation{list(functions).index(problem.task.name)}", kind)
    lines += _shown(smallest)
    program = "\n".join(lines) + "\n"
    if program.count("\n") > MOST_LINES:
        raise UsageError(
            f"the program would have {program.count(chr(10))} lines, more than {MOST_LINES}",
            remedy="leave --script out: `assay replay` shows the same failure",
        )
    return program


def _title(device: str, smallest: Smallest) -> str:
    told = smallest.explanation
    return f'"""{told.launches[-1].operation} on {device}: {told.cause}, {told.because}."""'.replace("\n", " ")


def _maker(kind: str, argument: str) -> Iterator[str]:
    """A function that lays elements out as they lay in the failing launch."""
    yield "def array(dtype, size, shape, strides, begin, elements):"
    if kind == "torch":
        yield "    values = torch.tensor([complex(e) if 'j' in e else float.fromhex(e) for e in elements.split()])"
        yield "    values = values.to(torch.complex128 if values.is_complex() else torch.float64)"
        yield "    values = torch.tensor([int(e) for e in elements.split()]) if 'int' in dtype else values"
        yield f"    base = torch.zeros(size, dtype=getattr(torch, dtype), device={argument!r})"
        yield "    found = base.as_strided(shape, strides, begin)"
        yield "    return found.copy_(values.reshape(shape).to(base.dtype))"
        return
    yield "    import ml_dtypes"
    yield "    kind = np.dtype(getattr(ml_dtypes, dtype, None) or dtype)"
    yield "    read = int if 'int' in dtype else complex if 'complex' in dtype else float.fromhex"
    yield "    values = [read(element) for element in elements.split()]"
    yield "    base = np.zeros(size, kind)"
    yield "    step = kind.itemsize"
    yield "    found = np.lib.stride_tricks.as_strided(base[begin:], shape, [step * s for s in strides])"
    yield "    found[...] = np.array(values).reshape(shape)"
    yield "    return found"


def _function(compute: Callable[..., Any], name: str) -> list[str]:
    """The source of an adapter's function and of all it rests on, without what only readers need."""
    lines: list[str] = []
    seen: set[str] = set()
    _gather(compute, lines, seen)
    return [*lines, f"{name} = {compute.__name__}"]


def _gather(function: Callable[..., Any], lines: list[str], seen: set[str]) -> None:
    variables = inspect.getclosurevars(function)
    for name, value in {**variables.globals, **variables.nonlocals}.items():
        if name in seen or name == "xp":
            continue
        seen.add(name)
        if isinstance(value, ModuleType):
            lines.append(f"import {value.__name__} as {name}")
        elif inspect.isfunction(value):
            _gather(value, lines, seen)
        elif isinstance(value, str | int | float | bool | tuple | dict | frozenset | type(None)):
            lines.append(f"{name} = {value!r}")
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    lines += ast.unparse(_Bare().visit(tree)).split("\n")


class _Bare(ast.NodeTransformer):
    """Leaves out docstrings and annotations."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function without both."""
        self.generic_visit(node)
        node.returns = None
        for argument in (*node.args.args, *node.args.kwonlyargs):
            argument.annotation = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return node


def _launch(problem: Problem, function: str, kind: str) -> Iterator[str]:
    dense: list[Layout] = ["dense"] * (len(problem.operands) - len(problem.layouts))
    layouts = [*problem.layouts, *dense]
    yield "inputs = ["
    for dtype, operand, layout in zip(problem.task.types.inputs, problem.operands, layouts, strict=False):
        place = place_of(dtype, operand.shape, layout)
        step = operand.dtype.itemsize
        yield (
            f"    array({dtype!r}, {place.nbytes // step}, {place.shape}, {place.strides}, {place.offset // step}, "
            f"{' '.join(map(_element, operand.reshape(-1)))!r}),"
        )
    yield "]"
    results = ", ".join(
        f"torch.{wanted.dtype}" if kind == "torch" else f"np.dtype({wanted.dtype!r})" for wanted in problem.wanted
    )
    yield f"found = {function}(xp, inputs, {dict(problem.attributes)!r}, [{results}])"


def _shown(smallest: Smallest) -> Iterator[str]:
    told = smallest.explanation
    expected: Array = np.asarray(smallest.launches[-1].wanted[told.result].expected)
    yield f"print('expected', {' '.join(map(_element, expected.reshape(-1)[:256]))!r})"
    yield f"for got in np.asarray(found[{told.result}].tolist()).reshape(-1)[:256]:"
    yield "    print('got', complex(got) if np.iscomplexobj(got) else float(got).hex())"


def _element(value: Any) -> str:
    """One element as the program reads it back exactly."""
    if np.iscomplexobj(value):
        return repr(complex(value))
    if isinstance(value, np.bool_) or np.issubdtype(np.asarray(value).dtype, np.integer):
        return str(int(value))
    return float(value).hex()
