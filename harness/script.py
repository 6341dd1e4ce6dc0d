"""A failure as a program of its own: a few lines that show it with the adapter's library alone, without Assay."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from types import CodeType, ModuleType
from typing import Any

import numpy as np

from harness.device.dtypes import numpy_dtype
from harness.errors import UsageError
from harness.oracle.launch import Layout, place_of
from harness.oracle.problem import Array, Problem
from harness.run.explain import Smallest

#: A program is no longer than this: one that has to be scrolled is not looked at.
MOST_LINES = 40
#: Elements that are written out; a failure that needs more has no such program.
MOST_ELEMENTS = 4096
#: Lines are joined up to this length where a program would be too long.
_WIDEST = 160
#: What begins a line that nothing can be joined to.
_COMPOUND = (
    "def ",
    "if ",
    "elif ",
    "else:",
    "for ",
    "while ",
    "with ",
    "try:",
    "except",
    "class ",
    "@",
    "import ",
    "from ",
)


@dataclass(frozen=True)
class _Library:
    """How a library's arrays are made: the module with its table, imports, and expressions in place of ``{}``."""

    table: str
    imports: tuple[str, ...]
    numbers: str
    dtype: str
    lay: tuple[str, ...]
    shown: str


_LIBRARIES = {
    "numpy": _Library(
        "harness.adapters.numpy_operations",
        ("import array_api_compat.numpy as xp", "import numpy as np"),
        "np.array([{read}(e) for e in {elements!r}.split()], {wide!r}).astype({dtype}).reshape({shape})",
        "np.dtype({name!r})",
        (
            "def lay(values, size, strides, begin):",
            "    strides = [step * values.itemsize for step in strides]",
            "    base = np.zeros(size, values.dtype)[begin:]",
            "    found = np.lib.stride_tricks.as_strided(base, values.shape, strides)",
            "    found[...] = values",
            "    return found",
        ),
        "np.asarray(found[{number}]).astype({dtype})",
    ),
    "torch": _Library(
        "harness.adapters.torch_operations",
        ("import array_api_compat.torch as xp", "import torch"),
        "torch.tensor([{read}(e) for e in {elements!r}.split()], dtype=torch.{wide}, device={where!r}).to({dtype})"
        ".reshape({shape})",
        "torch.{name}",
        (
            "def lay(values, size, strides, begin):",
            "    base = torch.zeros(size, dtype=values.dtype, device=values.device)",
            "    return base.as_strided(values.shape, strides, begin).copy_(values)",
        ),
        "found[{number}].to({dtype})",
    ),
}


def script_of(device: str, smallest: Smallest) -> str:
    """The program that shows a failure on a device of a library.

    Raises ``UsageError`` where the device is no library that could be used without Assay, or the failure is too large.
    """
    adapter, _, argument = device.partition(":")
    if adapter not in _LIBRARIES:
        raise UsageError(f"{device} is no library that could be used without Assay", remedy=_WITHOUT)
    if sum(operand.size for problem in smallest.launches for operand in problem.operands) > MOST_ELEMENTS:
        raise UsageError("the failure has too many elements to be written out", remedy=_WITHOUT)
    library = _LIBRARIES[adapter]
    operations = import_module(library.table).OPERATIONS
    unknown = [problem.task.name for problem in smallest.launches if problem.task.name not in operations]
    if unknown:
        raise UsageError(f"{adapter} has no operation {unknown[0]}", remedy=_WITHOUT)
    source = _Source(taken={"xp", "found", "lay", "np", "torch", "ml_dtypes"})
    names = [source.name_of(operations[problem.task.name].compute) for problem in smallest.launches]
    launches = [
        line
        for problem, name in zip(smallest.launches, names, strict=True)
        for line in _launch(library, problem, name, source.written(dict(problem.attributes)), argument or "cpu")
    ]
    shown = list(_shown(library, smallest))
    body = [*source.lines, *(library.lay if any("lay(" in line for line in launches) else ()), *launches, *shown]
    imports = [*library.imports, *(["import ml_dtypes"] if any("ml_dtypes." in line for line in body) else [])]
    lines = [_title(device, smallest), *dict.fromkeys([*imports, *source.imports]), *body]
    if len(lines) > MOST_LINES:
        lines = list(_joined(lines))
    if len(lines) > MOST_LINES:
        raise UsageError(f"the program would have {len(lines)} lines, more than {MOST_LINES}", remedy=_WITHOUT)
    return "\n".join(lines) + "\n"


_WITHOUT = "leave --script out: `assay replay` shows the same failure"


def _title(device: str, smallest: Smallest) -> str:
    told = smallest.explanation
    said = f"{told.launches[-1].operation} on {device}: {told.cause}, {told.because}."
    return repr(said.replace("\n", " "))


@dataclass
class _Source:
    """The source of an adapter's functions and of all they rest on, without what only readers need."""

    taken: set[str]
    imports: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    known: dict[int, str] = field(default_factory=dict)

    def name_of(self, function: Callable[..., Any]) -> str:
        """The name a function has in the program, where it is put with everything it rests on."""
        if id(function) in self.known:
            return self.known[id(function)]
        ours = {name: value for name, value in _variables(function) if _is_our_module(value)}
        renamed = {name: self.value_of(name, value) for name, value in _variables(function) if name not in ours}
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        definition = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
        own = self._free(definition.name)
        self.known[id(function)] = own
        definition.name = own
        definition.decorator_list = []
        definition = _Flat(self, ours).visit(definition)
        self.lines += ast.unparse(_Bare({old: new for old, new in renamed.items() if new}).visit(definition)).split(
            "\n"
        )
        return own

    def value_of(self, name: str, value: Any) -> str:
        """How the program names a value that a function uses by a name, defining it where it must be."""
        if isinstance(value, ModuleType) and not value.__name__.startswith("harness."):
            self.imports.append(f"import {value.__name__} as {name}" if value.__name__ != name else f"import {name}")
            return name
        if _is_ours(value):
            return self.name_of(value)
        if isinstance(value, type) and issubclass(value, Exception):
            return "Exception" if value.__module__.startswith("harness.") else value.__name__
        if isinstance(value, type) or (callable(value) and not isinstance(value, partial)):
            self.imports.append(f"from {value.__module__} import {value.__name__} as {name}")
            return name
        if id(value) not in self.known:
            written = self.written(value)
            self.known[id(value)] = self._free(name)
            self.lines.append(f"{self.known[id(value)]} = {written}")
        return self.known[id(value)]

    def written(self, value: Any) -> str:
        """A value as an expression."""
        if isinstance(value, dict):
            return "{" + ", ".join(f"{self.written(k)}: {self.written(v)}" for k, v in value.items()) + "}"
        if isinstance(value, list | tuple):
            inner = "".join(f"{self.written(one)}, " for one in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner})"
        if isinstance(value, partial):
            self.imports.append("from functools import partial")
            given = [*map(self.written, value.args), *(f"{k}={self.written(v)}" for k, v in value.keywords.items())]
            return f"partial({', '.join([self.written(value.func), *given])})"
        if _is_ours(value):
            return self.name_of(value)
        if isinstance(value, str | int | float | complex | bool | frozenset | type(None)):
            return f"float({str(value)!r})" if isinstance(value, float) and not np.isfinite(value) else repr(value)
        if getattr(value, "__module__", None) and getattr(value, "__name__", None):
            return self.value_of(value.__name__, value)
        if type(value).__module__ == "torch":
            self.imports.append("import torch")
            return repr(value)
        raise UsageError(f"the operation rests on {type(value).__name__}, which is not written out", remedy=_WITHOUT)

    def _free(self, name: str) -> str:
        """A name that nothing else in the program has."""
        found, number = name, 2
        while found in self.taken:
            found, number = f"{name}{number}", number + 1
        self.taken.add(found)
        return found


def _is_ours(value: Any) -> bool:
    return inspect.isfunction(value) and value.__module__.startswith("harness.")


def _is_our_module(value: Any) -> bool:
    return isinstance(value, ModuleType) and value.__name__.startswith("harness.")


class _Flat(ast.NodeTransformer):
    """Names what is taken from the adapter's own modules as the program has it."""

    def __init__(self, source: _Source, modules: dict[str, ModuleType]) -> None:
        self.source, self.modules = source, modules

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """An attribute of such a module as a name."""
        self.generic_visit(node)
        if not isinstance(node.value, ast.Name) or node.value.id not in self.modules:
            return node
        value = getattr(self.modules[node.value.id], node.attr)
        return ast.copy_location(ast.Name(self.source.value_of(node.attr, value), node.ctx), node)


class _Bare(ast.NodeTransformer):
    """Leaves out docstrings and annotations, and gives names those they have in the program."""

    def __init__(self, renamed: dict[str, str]) -> None:
        self.renamed = renamed

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function without both."""
        self.generic_visit(node)
        node.returns = None
        for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
            argument.annotation = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return node

    def visit_If(self, node: ast.If) -> ast.AST | None:
        """A condition; those under which a launch would be refused are left out, since this one was not."""
        self.generic_visit(node)
        refuses = isinstance(node.body[0], ast.Raise) and not node.orelse
        return None if refuses else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """An assignment without its annotation."""
        self.generic_visit(node)
        assert node.value is not None
        return ast.copy_location(ast.Assign([node.target], node.value, lineno=node.lineno), node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A name as the program has it."""
        return ast.copy_location(ast.Name(self.renamed.get(node.id, node.id), node.ctx), node)


def _launch(library: _Library, problem: Problem, function: str, attributes: str, where: str) -> Iterator[str]:
    dense: list[Layout] = ["dense"] * (len(problem.operands) - len(problem.layouts))
    layouts = [*problem.layouts, *dense]
    yield "inputs = ["
    for dtype, operand, layout in zip(problem.task.types.inputs, problem.operands, layouts, strict=False):
        yield f"    {_operand(library, dtype, operand, layout, where)},"
    yield "]"
    results = ", ".join(_dtype(library, wanted.dtype) for wanted in problem.wanted)
    yield f"found = {function}(xp, inputs, {attributes}, [{results}])"


def _operand(library: _Library, dtype: str, operand: Array, layout: Layout, where: str) -> str:
    complex_ = operand.dtype.kind == "c"
    whole = operand.dtype.kind in "iub" or numpy_dtype(dtype).name in ("int4", "uint4")
    unsigned = operand.dtype.name == "uint64"
    values = library.numbers.format(
        read="complex" if complex_ else "int" if whole else "float.fromhex",
        elements=" ".join(map(_element, operand.reshape(-1))),
        wide="complex128" if complex_ else "uint64" if unsigned else "int64" if whole else "float64",
        dtype=_dtype(library, dtype),
        shape=operand.shape,
        where=where,
    )
    if layout == "dense":
        return values
    place = place_of(dtype, operand.shape, layout)
    step = numpy_dtype(dtype).itemsize
    return f"lay({values}, {place.nbytes // step}, {place.strides}, {place.offset // step})"


def _dtype(library: _Library, name: str) -> str:
    of_numpy = library.table == _LIBRARIES["numpy"].table
    if of_numpy and numpy_dtype(name).type.__module__.startswith("ml_dtypes"):
        return f"np.dtype(ml_dtypes.{name})"
    return library.dtype.format(name=name)


def _shown(library: _Library, smallest: Smallest) -> Iterator[str]:
    told = smallest.explanation
    wanted = smallest.launches[-1].wanted[told.result]
    expected: Array = np.asarray(wanted.expected)
    shown = library.shown.format(number=told.result, dtype=_dtype(library, wanted.dtype))
    read = "complex(e)" if np.iscomplexobj(expected) else "float(e).hex()"
    yield f"print('expected', {' '.join(map(_shown_element, expected.reshape(-1)[:256]))!r})"
    yield f"print('got     ', *[{read} for e in {shown}.reshape(-1)[:256].tolist()])"


def _shown_element(value: Any) -> str:
    return repr(complex(value)) if np.iscomplexobj(value) else float(value).hex()


def _element(value: Any) -> str:
    """One element as the program reads it back exactly."""
    if np.iscomplexobj(value):
        return repr(complex(value))
    if isinstance(value, np.bool_) or np.issubdtype(np.asarray(value).dtype, np.integer):
        return str(int(value))
    if "int" in np.asarray(value).dtype.name:
        return str(int(value))
    return float(value).hex()


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """Simple statements of one depth that follow each other on one line, and on that of what they all belong to."""
    found: list[str] = []
    for line in lines:
        depth = _depth(line)
        if found and _simple(line) and _simple(found[-1]) and _depth(found[-1]) == depth and _fits(found[-1], line):
            found[-1] += f"; {line.strip()}"
        else:
            found.append(line)
    number = 0
    while number < len(found):
        line, inner, behind = found[number], found[number + 1 : number + 2], found[number + 2 : number + 3]
        alone = (
            bool(inner) and _depth(inner[0]) > _depth(line) and not (behind and _depth(behind[0]) >= _depth(inner[0]))
        )
        if line.endswith(":") and alone and _simple(inner[0]) and _fits(line, inner[0]):
            yield f"{line} {inner[0].strip()}"
            number += 2
        else:
            yield line
            number += 1


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _simple(line: str) -> bool:
    """Whether a line is a statement of its own, and nothing belongs to it."""
    stripped = line.strip()
    return not stripped.startswith(_COMPOUND) and not stripped.endswith(("[", ",")) and stripped != "]"


def _fits(line: str, more: str) -> bool:
    return len(line) + len(more.strip()) + 2 <= _WIDEST


def _variables(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """What a function uses from without by name, also in what is defined inside it."""
    yield from inspect.getclosurevars(function).nonlocals.items()
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        for name in code.co_names:
            if name in function.__globals__ and name != "xp":
                yield name, function.__globals__[name]
