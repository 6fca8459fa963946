"""Scopes and bindings of one module: which name was bound where, and by what."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from dataclasses import dataclass, field

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: What everybody calls an event loop.
LOOP_NAMES = frozenset({"loop", "_loop", "event_loop", "_event_loop", "ioloop", "io_loop", "eventloop"})


class How(enum.Enum):
    """What bound a name."""

    IMPORT = "import"  #: `import a.b` / `import a.b as c`; `target` is the module's full name
    FROM = "from"  #: `from a import b as c`; `target` is the module, `member` the name in it
    DEF = "def"
    CLASS = "class"
    ASSIGN = "assign"  #: `value` was assigned; `path` are the positions in tuple targets
    ANNOTATION = "annotation"
    PARAMETER = "parameter"
    ITERATION = "iteration"  #: an element of `value`
    CONTEXT = "context"  #: what entering `value` gives
    OTHER = "other"  #: except, match, del, augmented assignment, *args


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """One place that binds one name."""

    how: How
    node: ast.AST
    value: ast.expr | None = None
    annotation: ast.expr | None = None
    path: tuple[int, ...] = ()
    target: str = ""
    member: str = ""
    is_async: bool = False


@dataclass(eq=False, slots=True)
class Scope:
    """One namespace. `parent` is the enclosing scope as it is written, class bodies included."""

    node: ast.Module | FunctionNode | ast.Lambda | ast.ClassDef | Comprehension
    parent: Scope | None
    qualname: str
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: dict[str, Scope] = field(default_factory=dict)  #: names declared global or nonlocal

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    @property
    def function(self) -> Scope | None:
        """The nearest scope, this one included, of a `def`."""
        scope: Scope | None = self
        while scope is not None and not isinstance(scope.node, FUNCTIONS):
            scope = scope.parent
        return scope

    def find(self, name: str) -> tuple[Scope, list[Binding]] | None:
        """Return the scope that a name read here belongs to, with its bindings; None for builtins and unknown names."""
        scope: Scope | None = self
        first = True
        while scope is not None:
            if name in scope.elsewhere:
                scope = scope.elsewhere[name]
                if name in scope.bindings:
                    return scope, scope.bindings[name]
            elif name in scope.bindings and (first or not scope.is_class):
                return scope, scope.bindings[name]
            if not isinstance(scope.node, COMPREHENSIONS):
                first = False
            scope = scope.parent
        return None


def bind(scope: Scope, name: str, binding: Binding) -> None:
    """Record a binding in the scope that the name belongs to."""
    home = scope.elsewhere.get(name, scope)
    home.bindings.setdefault(name, []).append(binding)


def bind_target(scope: Scope, target: ast.expr, binding: Binding) -> None:
    """Bind every name of an assignment target; attributes and items bind no name."""
    match target:
        case ast.Name(id=name):
            bind(scope, name, binding)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            starred = any(isinstance(part, ast.Starred) for part in parts)
            for index, part in enumerate(parts):
                how = How.OTHER if starred else binding.how
                inner = Binding(
                    how, binding.node, binding.value, None, (*binding.path, index), is_async=binding.is_async
                )
                bind_target(scope, part, inner)
        case ast.Starred(value=inner_target):
            bind_target(scope, inner_target, Binding(How.OTHER, binding.node))
        case _:
            pass  # an attribute or an item: no name of this scope


def bind_parameters(scope: Scope, arguments: ast.arguments) -> None:
    """Bind the parameters of a function or lambda in its scope."""
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    for parameter, default in [
        *zip(positional, defaults, strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]:
        bind(scope, parameter.arg, Binding(How.PARAMETER, parameter, default, parameter.annotation))
    for rest in (arguments.vararg, arguments.kwarg):
        if rest is not None:
            bind(scope, rest.arg, Binding(How.OTHER, rest))


#: The nodes that `bind_statement` finds something in.
BINDERS = (
    *(ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.AugAssign),
    *(ast.For, ast.AsyncFor, ast.With, ast.AsyncWith, ast.ExceptHandler),
    *(ast.MatchAs, ast.MatchStar, ast.MatchMapping),
)


def bind_statement(scope: Scope, node: ast.AST, package: str) -> None:
    """Record what one node, not a scope of its own, binds; ``package`` is what relative imports start from."""
    match node:
        case ast.Import(names=names):
            for alias in names:
                whole = alias.name if alias.asname else alias.name.partition(".")[0]
                bind(scope, alias.asname or whole, Binding(How.IMPORT, node, target=whole))
        case ast.ImportFrom(module=module, names=names, level=level):
            base = absolute(module or "", level, package)
            for alias in names:
                bind(scope, alias.asname or alias.name, Binding(How.FROM, node, target=base, member=alias.name))
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                bind_target(scope, target, Binding(How.ASSIGN, node, value))
        case ast.AnnAssign(target=target, annotation=annotation, value=value):
            bind_target(scope, target, Binding(How.ANNOTATION, node, value, annotation))
        case ast.NamedExpr(target=target, value=value):
            bind_target(past_comprehensions(scope), target, Binding(How.ASSIGN, node, value))
        case ast.AugAssign(target=ast.Name(id=name)):
            bind(scope, name, Binding(How.OTHER, node))
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            bind_target(scope, target, Binding(How.ITERATION, node, value, is_async=isinstance(node, ast.AsyncFor)))
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars is not None:
                    entered = Binding(How.CONTEXT, node, item.context_expr, is_async=isinstance(node, ast.AsyncWith))
                    bind_target(scope, item.optional_vars, entered)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            bind(scope, name, Binding(How.OTHER, node))
        case ast.MatchMapping(rest=str(name)):
            bind(scope, name, Binding(How.OTHER, node))
        case _:
            pass  # binds nothing


def past_comprehensions(scope: Scope) -> Scope:
    """Return the nearest scope, this one included, that is no comprehension's."""
    while isinstance(scope.node, COMPREHENSIONS) and scope.parent is not None:
        scope = scope.parent
    return scope


def absolute(module: str, level: int, package: str) -> str:
    """Return the full name of what a relative import names, seen from ``package``."""
    if not level:
        return module
    parts = package.split(".") if package else []
    base = parts[: len(parts) - (level - 1)] if level - 1 <= len(parts) else []
    return ".".join([*base, *([module] if module else [])])


def last_name(node: ast.AST) -> str:
    """Return the last component of a name as it is written, `c` of `a.b.c`; "" where there is none."""
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case _:
            return ""


def called_name(node: ast.expr) -> str:
    """Return the last component of what is called, or only named, as decorators are; "" where there is none."""
    return last_name(node.func if isinstance(node, ast.Call) else node)


def outer_parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children of a scope's node that are evaluated outside it: decorators, defaults, the first iterable."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from node.decorator_list
            yield from argument_expressions(node.args)
            if node.returns is not None:
                yield node.returns
        case ast.Lambda():
            yield from argument_expressions(node.args)
        case ast.ClassDef():
            yield from node.decorator_list
            yield from node.bases
            yield from node.keywords
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            yield node.generators[0].iter
        case _:
            pass  # no scope of its own


def argument_expressions(arguments: ast.arguments) -> Iterator[ast.expr]:
    """Yield the defaults and annotations of a parameter list."""
    yield from arguments.defaults
    yield from (default for default in arguments.kw_defaults if default is not None)
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    yield from (one.annotation for one in every if one is not None and one.annotation is not None)
