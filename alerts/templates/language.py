"""The part of Jinja that templates of messages may use, and the sandbox that they run in."""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, cast

from jinja2 import StrictUndefined, Undefined, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from alerts.templates.effort import LARGEST
from alerts.templates.filters import FILTERS, effort_of, paid, spelled

_EACH, _JOINED = " each", " joined"
"""Filters that no template can name: they stand where loops and `~` stood."""

_UNDERSTOOD = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const),
    *(nodes.If, nodes.CondExpr, nodes.For, nodes.Assign, nodes.Filter, nodes.Test),
    *(nodes.Getattr, nodes.Getitem, nodes.Slice, nodes.List, nodes.Tuple),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
    *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod),
    *(nodes.Neg, nodes.Pos, nodes.Concat),
)
DEEPEST = 40
"""So many parts of a template may stand in each other."""
TOO_DEEP = ("it is nested too deeply", "write it flatter")
TESTS = ("defined", "none", "number", "string")
LOOP = ("index", "index0", "revindex", "revindex0", "first", "last", "length")

_INSTEAD: Mapping[type[nodes.Node], tuple[str, str]] = MappingProxyType(
    {
        nodes.Call: ("nothing can be called", "values are plain; use a filter: {{ detail|upper }}"),
        nodes.Pow: ("** is not understood", "multiply"),
        nodes.Dict: ("a mapping cannot be written here", "use {% if %}"),
        nodes.Keyword: ("arguments of a filter have no names", "write them in order"),
    }
)


class NotUnderstood(Exception):  # noqa: N818  what a template is, not what went wrong in us
    """A template that cannot be used. `line` counts from 1, None when it is the whole."""

    def __init__(self, wrong: str, right: str = "", line: int | None = None) -> None:
        super().__init__(wrong)
        self.wrong, self.right, self.line = wrong, right, line


def refusals(tree: nodes.Template) -> Iterator[NotUnderstood]:
    """Yield what stands in a template that is not part of the language."""
    ahead: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while ahead:
        node, depth = ahead.pop()
        found = TOO_DEEP if depth > DEEPEST else _refused(node)
        if found is not None:
            yield NotUnderstood(*found, line=node.lineno)
            return
        ahead += [(part, depth + 1) for part in reversed(list(node.iter_child_nodes()))]


def _refused(node: nodes.Node) -> tuple[str, str] | None:
    """Say what is wrong with one part of a template, and what would be right."""
    if not isinstance(node, _UNDERSTOOD):
        name = type(node).__name__.lower()
        return _INSTEAD.get(type(node), (f"{name} is not understood", _ONLY))
    if isinstance(node, nodes.Filter):
        return _unknown("filter", node.name, FILTERS)
    if isinstance(node, nodes.Test):
        return _unknown("test", node.name, TESTS)
    if isinstance(node, nodes.List | nodes.Tuple):
        return _composed(node)
    if isinstance(node, nodes.Name) and node.name in _RESERVED:
        return f"there is no variable {node.name!r}", ""
    recursive = isinstance(node, nodes.For) and node.recursive
    return ("a loop cannot be recursive", "leave the word out") if recursive else None


def _unknown(kind: str, name: str, known: Collection[str]) -> tuple[str, str] | None:
    right = f"known: {', '.join(known)}"
    return None if name in known else (f"there is no {kind} {name!r}", right)


def _composed(node: nodes.List | nodes.Tuple) -> tuple[str, str] | None:
    """Let lists hold nothing that could hold them: what holds itself twice grows at each step."""
    items = nodes.Name if getattr(node, "ctx", "") == "store" else nodes.Const
    if all(isinstance(item, items) for item in node.items):
        return None
    return "a list may hold texts and numbers only", "write them out"


_RESERVED = ("self", "super", "caller", "varargs", "kwargs")
"""Names that mean something to Jinja, and nothing here."""
_ONLY = "there are if, for, set, filters, and what is compared and reckoned"


class _Paid(NodeTransformer):
    """Puts in front of each loop what it costs, and lets `~` be paid for."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802  Jinja's way
        cost = 1 + sum(1 for _ in node.find_all(nodes.Node))
        self.generic_visit(node)
        node.iter = _filter(
            cast("nodes.Expr", node.iter), _EACH, nodes.Const(cost, lineno=node.lineno)
        )
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802  Jinja's way
        self.generic_visit(node)
        return _filter(nodes.List(node.nodes, lineno=node.lineno), _JOINED)


def _filter(node: nodes.Expr, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)


def with_costs(tree: nodes.Template) -> nodes.Template:
    """Return a template in which everything that can grow is paid for."""
    rewritten = _Paid().visit(tree)
    if not isinstance(rewritten, nodes.Template):
        raise TypeError("a template stays one")
    return rewritten


@pass_context
def _each(context: Context, items: Any, cost: int) -> Any:
    """Pay for a whole loop before it begins: there is no way to leave one early."""
    if isinstance(items, Undefined):
        spelled(items)
    if not isinstance(items, str | list | tuple | Mapping):
        raise TypeError("only lists, mappings and texts can be gone through")
    effort_of(context).spend(1 + cost * len(items))
    return items


@pass_context
def _together(context: Context, parts: list[Any]) -> str:
    effort, text = effort_of(context), ""
    for part in parts:
        text = effort.text(text + spelled(part))
    return text


@pass_context
def _written(context: Context, value: Any) -> str:
    return effort_of(context).text(spelled(value))


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, with nothing in it: no globals, no attributes, no methods, no folding."""

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)

    def __init__(self) -> None:
        super().__init__(
            autoescape=False,  # each channel escapes for its own format
            undefined=StrictUndefined,
            finalize=_written,
            optimized=False,
            trim_blocks=True,
            lstrip_blocks=True,
            cache_size=0,
        )
        self.globals.clear()
        self.tests = {name: self.tests[name] for name in TESTS}
        self.filters = {name: paid(name) for name in FILTERS}
        self.filters |= {_EACH: _each, _JOINED: _together}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return a part of a value: what is in it, never an attribute of it."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return an item of a mapping, a list or a text, or what a loop says of itself."""
        if isinstance(obj, LoopContext) and argument in LOOP:
            return getattr(obj, argument)
        if isinstance(obj, Mapping | list | tuple | str):
            try:
                return obj[argument]
            except (TypeError, LookupError):
                pass
        return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Reckon with numbers, and put two texts together."""
        effort = effort_of(context)
        if operator == "+" and isinstance(left, str) and isinstance(right, str):
            return effort.text(left + right)
        for one in (left, right):
            if isinstance(one, Undefined):
                spelled(one)
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            raise TypeError(f"{operator} is for numbers")
        effort.spend()
        result = super().call_binop(context, operator, left, right)
        if abs(result) > LARGEST:
            raise OverflowError("a number in it is too large")
        return result
