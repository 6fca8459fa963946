"""New code is born here. Every function returns a LibCST node that keeps the comments of the nodes it was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

import libcst as cst

from aiomend.facts.module import Colour


def expression(text: str) -> cst.BaseExpression:
    """Return the expression that ``text`` is."""
    return cst.parse_expression(text)


def statements(text: str, indent: str = "    ") -> list[cst.BaseStatement]:
    """Return the statements that ``text`` is; written with four spaces, they come back with steps of ``indent``."""
    module = cst.parse_module(text)
    found: list[cst.BaseStatement] = []
    for statement in module.body:
        stepped = statement.visit(_Steps(indent))
        assert isinstance(stepped, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
        found.append(stepped)
    return found


class _Steps(cst.CSTTransformer):
    """LibCST takes a new block's indentation from the first block of the module it stands in: say it explicitly."""

    def __init__(self, indent: str) -> None:
        super().__init__()
        self._indent = indent

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        return updated_node.with_changes(indent=self._indent)


def block(body: Sequence[cst.BaseStatement], indent: str) -> cst.IndentedBlock:
    """Return a block of statements with the file's own step of indentation."""
    return cst.IndentedBlock(body=list(body), indent=indent)


def awaited(node: cst.BaseExpression, colour: Colour) -> cst.BaseExpression:
    """Return ``await node`` or ``(yield from node)`` after the colour of the place."""
    match colour:
        case Colour.AWAIT:
            return cst.Await(expression=_operand(node))
        case Colour.YIELD_FROM:
            return cst.Yield(value=cst.From(item=node))
        case Colour.SYNC:
            raise ValueError("nothing can be awaited in a synchronous place")


def asynchronous(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
    """Return a function definition as `async def`; parameters that are aligned with its parenthesis move with it."""
    (node,) = body
    assert isinstance(node, cst.FunctionDef)
    words = "async "
    column = len(f"def {node.name.value}(")
    params = node.params.visit(_Shifted(column, len(words)))
    return [node.with_changes(asynchronous=cst.Asynchronous(), params=params)]


def entered_asynchronously(body: Sequence[cst.BaseStatement]) -> Sequence[cst.BaseStatement]:
    """Return a `with` statement as `async with`."""
    return [cst.ensure_type(body[0], cst.With).with_changes(asynchronous=cst.Asynchronous())]


def _operand(node: cst.BaseExpression) -> cst.BaseExpression:
    """What binds looser than `await` needs parentheses behind it."""
    primary = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.List, cst.Dict, cst.Set, cst.BaseString)
    if isinstance(node, primary) or node.lpar:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def renamed(node: cst.BaseExpression, function: str) -> cst.Call:
    """Return a call with another function, its arguments as they were."""
    assert isinstance(node, cst.Call)
    return node.with_changes(func=expression(function), whitespace_after_func=cst.SimpleWhitespace(""))


def with_keyword(node: cst.BaseExpression, name: str, value: str) -> cst.Call:
    """Return a call with one more keyword argument behind the others."""
    assert isinstance(node, cst.Call)
    given = cst.Arg(
        keyword=cst.Name(name),
        value=expression(value),
        equal=cst.AssignEqual(whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace("")),
    )
    *front, last = node.args
    layout = node.whitespace_before_args
    after: cst.BaseParenthesizableWhitespace
    if isinstance(layout, cst.ParenthesizedWhitespace):  # the arguments stand on lines of their own
        after = layout.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
        has_comma = isinstance(last.comma, cst.Comma)
        given = given.with_changes(
            comma=last.comma if has_comma else cst.Comma(whitespace_after=last.whitespace_after_arg)
        )
    else:
        after = cst.SimpleWhitespace(" ")
    middle = last.with_changes(comma=cst.Comma(whitespace_after=after), whitespace_after_arg=cst.SimpleWhitespace(""))
    return node.with_changes(args=[*front, middle, given])


def without_keyword(node: cst.BaseExpression, name: str) -> cst.Call:
    """Return a call without a keyword argument; what is last then ends as the old last one did."""
    assert isinstance(node, cst.Call)
    kept = [one for one in node.args if one.keyword is None or one.keyword.value != name]
    if kept and kept[-1] is not node.args[-1]:
        last = node.args[-1]
        kept[-1] = kept[-1].with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)
    return node.with_changes(args=kept)


def handed_to(function: str, node: cst.BaseExpression) -> cst.Call:
    """Return ``function(node)``; lines that are aligned with something in ``node`` move with it."""
    if isinstance(node, cst.Call) and isinstance(node.whitespace_before_args, cst.SimpleWhitespace):
        column = len(cst.Module(body=[]).code_for_node(node.func)) + 1
        node = cst.ensure_type(node.visit(_Shifted(column, len(function) + 1)), cst.Call)
    return call(function, node)


class _Shifted(cst.CSTTransformer):
    """Moves the continuation lines that start at a column, counted from the statement, or to the right of it."""

    def __init__(self, column: int, by: int) -> None:
        super().__init__()
        self._column = column
        self._by = by

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.ParenthesizedWhitespace:
        step = updated_node.last_line.value
        if len(step) < self._column or step.strip(" "):
            return updated_node  # not aligned with anything in the call, or with tabs
        return updated_node.with_changes(last_line=cst.SimpleWhitespace(step + " " * self._by))


def coroutine_argument(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return the coroutine that a call such as `ensure_future(f(), loop=loop)` makes a task of."""
    assert isinstance(node, cst.Call)
    names = {"coro", "coro_or_future", "coroutine"}
    return next(one.value for one in node.args if one.keyword is None or one.keyword.value in names)


def handed_over(node: cst.BaseExpression, function: str, last: str) -> cst.Call:
    """Return ``make_task(coroutine, …)`` as ``function(coroutine, last)``, laid out as it was."""
    call = cst.ensure_type(node, cst.Call)
    coroutine = coroutine_argument(call)
    first, behind = next(one for one in call.args if one.value is coroutine), call.args[-1]
    space = call.whitespace_before_args
    own_lines = isinstance(space, cst.ParenthesizedWhitespace)
    bare = space.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[]) if own_lines else None
    comma = cst.Comma(whitespace_after=bare or cst.SimpleWhitespace(" "))
    more = behind.with_changes(value=expression(last), keyword=None, equal=cst.MaybeSentinel.DEFAULT)
    args = [first.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT, comma=comma), more]
    return call.with_changes(func=expression(function), args=args, whitespace_after_func=cst.SimpleWhitespace(""))


def receiver(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return ``x`` of a call ``x.method()``."""
    assert isinstance(node, cst.Call)
    assert isinstance(node.func, cst.Attribute)
    return node.func.value


def first_argument(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return the first argument of a call."""
    assert isinstance(node, cst.Call)
    return node.args[0].value


def call(function: str | cst.BaseExpression, *arguments: str | cst.BaseExpression | cst.Arg) -> cst.Call:
    """Return ``function(arguments)``."""
    func = expression(function) if isinstance(function, str) else function
    args = [argument(one) for one in arguments]
    spaced = [
        one.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))) for one in args[:-1]
    ] + args[-1:]
    return cst.Call(func=func, args=spaced)


def method(receiver: cst.BaseExpression, name: str) -> cst.Attribute:
    """Return ``receiver.name``."""
    return cst.Attribute(value=receiver, attr=cst.Name(name))


def with_method(node: cst.BaseExpression, name: str) -> cst.BaseExpression:
    """Return ``receiver.other`` as ``receiver.name``."""
    return cst.ensure_type(node, cst.Attribute).with_changes(attr=cst.Name(name))


def called_by(node: cst.BaseExpression, caller: str) -> cst.Call:
    """Return ``function(arguments)`` as ``caller(function, arguments)``."""
    call = cst.ensure_type(node, cst.Call)
    return with_arguments(call, [call.func], caller)


def argument(value: str | cst.BaseExpression | cst.Arg) -> cst.Arg:
    """Return a call's argument without a comma."""
    match value:
        case cst.Arg():
            return value.with_changes(comma=cst.MaybeSentinel.DEFAULT)
        case str():
            return cst.Arg(value=expression(value))
        case _:
            return cst.Arg(value=value)


def keyword(name: str, value: str) -> cst.Arg:
    """Return a call's argument ``name=value``."""
    tight = cst.AssignEqual(whitespace_before=cst.SimpleWhitespace(""), whitespace_after=cst.SimpleWhitespace(""))
    return cst.Arg(keyword=cst.Name(name), value=expression(value), equal=tight)


def with_arguments(
    node: cst.Call, before: Sequence[str | cst.BaseExpression], function: str | cst.BaseExpression
) -> cst.Call:
    """Return a call of ``function`` with ``before`` put in front of the arguments of ``node``, which keep their layout."""
    func = expression(function) if isinstance(function, str) else function
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    front = [argument(one).with_changes(comma=comma) for one in before]
    rest = list(node.args)
    if rest and isinstance(node.whitespace_before_args, cst.ParenthesizedWhitespace):
        # The arguments stand on lines of their own: each new one gets such a line too, and comments stay where they are.
        layout = node.whitespace_before_args
        bare = layout.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
        front = [one.with_changes(comma=cst.Comma(whitespace_after=bare)) for one in front]
        if rest:
            above = cst.Comma(whitespace_after=bare.with_changes(empty_lines=layout.empty_lines))
            front[-1] = front[-1].with_changes(comma=above)
            node = node.with_changes(whitespace_before_args=layout.with_changes(empty_lines=[]))
    if not rest:
        front[-1] = front[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return node.with_changes(func=func, args=[*front, *rest], whitespace_after_func=cst.SimpleWhitespace(""))


def closed_arguments(node: cst.BaseExpression) -> cst.Call:
    """Return a call whose only argument, a generator expression, has parentheses of its own; any other call as it is."""
    assert isinstance(node, cst.Call)
    match node.args:
        case [cst.Arg(value=cst.GeneratorExp(lpar=[]) as value) as only]:
            return node.with_changes(args=[only.with_changes(value=parenthesized(value))])
        case _:
            return node


def guarded(test: str, body: Sequence[cst.BaseStatement], indent: str) -> cst.If:
    """Return ``if test:`` around statements; comments above the first one stay above the `if`."""
    leading, body = _detached(body)
    return cst.If(test=expression(test), body=block(body, indent), leading_lines=leading)


def returning(statement: cst.BaseStatement) -> cst.BaseStatement:
    """Return an `if` whose body ends with `return`."""
    assert isinstance(statement, cst.If)
    match statement.body:
        case cst.SimpleStatementSuite(body=small) as suite:
            return statement.with_changes(body=suite.with_changes(body=[*small, cst.Return()]))
        case suite:
            more = [*suite.body, *statements("return\n")]
            return statement.with_changes(body=suite.with_changes(body=more))


def both(test: cst.BaseExpression, more: str) -> cst.BaseExpression:
    """Return ``test and more``."""
    looser = isinstance(test, (cst.IfExp, cst.Lambda, cst.NamedExpr)) or (
        isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.Or)
    )
    left = parenthesized(test) if looser else test
    return cst.BooleanOperation(left=left, operator=cst.And(), right=expression(more))


def unless(test: str, node: cst.BaseExpression) -> cst.BaseExpression:
    """Return ``test or node``: the node is evaluated only where the test is false."""
    return cst.BooleanOperation(left=expression(test), operator=cst.Or(), right=node)


def operand_of_or(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return a node as it can stand at the right of `or`: what binds looser has parentheses of its own."""
    match node:
        case cst.IfExp() | cst.Lambda() | cst.NamedExpr() | cst.Yield() | cst.BooleanOperation(operator=cst.Or()):
            return parenthesized(node)
        case _:
            return node


def else_as_elif(statement: cst.BaseStatement, depth: int, test: str) -> cst.BaseStatement:
    """Return an `if` whose `else`, behind ``depth`` times `elif`, has become `elif test`."""
    assert isinstance(statement, cst.If)
    inner = statement.orelse
    if depth:
        assert isinstance(inner, cst.If)
        return statement.with_changes(orelse=else_as_elif(inner, depth - 1, test))
    assert isinstance(inner, cst.Else)
    return statement.with_changes(
        orelse=cst.If(test=expression(test), body=inner.body, leading_lines=inner.leading_lines)
    )


def bound_first(
    line: cst.BaseStatement, *, receiver: str | None = None, argument: str | None = None
) -> list[cst.BaseStatement]:
    """Return a line ``receiver.method(argument)`` with parts of it bound to names in lines of their own before it."""
    assert isinstance(line, cst.SimpleStatementLine)
    small = line.body[0]
    assert isinstance(small, cst.Expr)
    node = small.value
    assert isinstance(node, cst.Call)
    assert isinstance(node.func, cst.Attribute)
    lines: list[cst.BaseStatement] = []
    if receiver is not None:
        lines.append(_assignment(receiver, node.func.value))
        node = node.with_changes(func=node.func.with_changes(value=cst.Name(receiver)))
    if argument is not None:
        lines.append(_assignment(argument, node.args[0].value))
        args = [node.args[0].with_changes(value=cst.Name(argument)), *node.args[1:]]
        node = node.with_changes(args=args)
    last = line.with_changes(body=[small.with_changes(value=node)], leading_lines=[])
    lines[0] = lines[0].with_changes(leading_lines=line.leading_lines)
    return [*lines, last]


def argument_bound(
    body: Sequence[cst.BaseStatement],
    function: str,
    name: str,
    make: Callable[[cst.BaseExpression], cst.BaseExpression],
) -> list[cst.BaseStatement]:
    """Return a line whose one call of ``function`` is given ``name``, behind one that binds it to what ``make`` makes."""
    found = _Argument(function, name)
    (line,) = body
    changed = line.visit(found)
    assert isinstance(line, cst.SimpleStatementLine)
    assert isinstance(changed, cst.SimpleStatementLine)
    assert found.value is not None
    bound = _assignment(name, make(found.value)).with_changes(leading_lines=line.leading_lines)
    return [bound, changed.with_changes(leading_lines=[])]


class _Argument(cst.CSTTransformer):
    """Puts a name in the place of the first argument of the one call of a function."""

    def __init__(self, function: str, name: str) -> None:
        super().__init__()
        self._function = expression(function)
        self._name = name
        self.value: cst.BaseExpression | None = None

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if not original_node.func.deep_equals(self._function) or not original_node.args:
            return updated_node
        first, *rest = updated_node.args
        self.value = first.value
        return updated_node.with_changes(args=[first.with_changes(value=cst.Name(self._name)), *rest])


def _assignment(name: str, value: cst.BaseExpression) -> cst.SimpleStatementLine:
    target = cst.AssignTarget(target=cst.Name(name))
    bare = value.with_changes(lpar=[], rpar=[]) if isinstance(value, cst.Yield) else value
    return cst.SimpleStatementLine(body=[cst.Assign(targets=[target], value=bare)])


def as_expression_line(line: cst.BaseStatement) -> cst.BaseStatement:
    """Return a line ``return value`` as a line ``value``."""
    assert isinstance(line, cst.SimpleStatementLine)
    small = line.body[0]
    assert isinstance(small, cst.Return)
    assert small.value is not None
    return line.with_changes(body=[cst.Expr(value=small.value)])


def without_target(
    line: cst.BaseStatement, transform: Callable[[cst.BaseExpression], cst.BaseExpression]
) -> cst.BaseStatement:
    """Return a line ``name = value`` as a line that is only what ``transform`` makes of the value."""
    assert isinstance(line, cst.SimpleStatementLine)
    small = line.body[0]
    assert isinstance(small, (cst.Assign, cst.AnnAssign))
    assert small.value is not None
    return line.with_changes(body=[cst.Expr(value=transform(small.value), semicolon=small.semicolon)])


def method_as_function(node: cst.BaseExpression, function: str) -> cst.Call:
    """Return ``receiver.method(arguments)`` as ``function(receiver, arguments)``."""
    assert isinstance(node, cst.Call)
    assert isinstance(node.func, cst.Attribute)
    return with_arguments(node, [node.func.value], function)


def bound_method_as_function(node: cst.BaseExpression, position: int, function: str) -> cst.Call:
    """Return a call that is given ``receiver.method`` as an argument with ``function, receiver`` in its place."""
    assert isinstance(node, cst.Call)
    given = node.args[position]
    assert isinstance(given.value, cst.Attribute)
    layout = node.whitespace_before_args
    own_line = isinstance(layout, cst.ParenthesizedWhitespace) and position > 0
    comma = cst.Comma(whitespace_after=layout if own_line else cst.SimpleWhitespace(" "))
    added = given.with_changes(value=expression(function), comma=comma)
    receiver = given.with_changes(value=given.value.value)
    return node.with_changes(args=[*node.args[:position], added, receiver, *node.args[position + 1 :]])


def local_function(
    name: str, annotation: str | None, body: Sequence[cst.BaseStatement], indent: str, *, apart: bool
) -> cst.FunctionDef:
    """Return ``def name():`` around statements, with a blank line above it where it is to stand ``apart``.

    Comments above the first statement stay above the function.
    """
    leading, body = _detached(body)
    returns = cst.Annotation(annotation=expression(annotation)) if annotation is not None else None
    blank = [cst.EmptyLine(indent=False)] if apart else []
    return cst.FunctionDef(
        name=cst.Name(name),
        params=cst.Parameters(),
        body=block(body, indent),
        returns=returns,
        leading_lines=[*blank, *leading],
    )


def apart(body: Sequence[cst.BaseStatement]) -> list[cst.BaseStatement]:
    """Return statements with a blank line above the first one."""
    first, *rest = body
    assert isinstance(first, (cst.SimpleStatementLine, cst.BaseCompoundStatement))
    return [first.with_changes(leading_lines=[cst.EmptyLine(indent=False), *first.leading_lines]), *rest]


def returning_last_value(statement: cst.BaseStatement) -> cst.BaseStatement:
    """Return a `with` whose last statement, a plain assignment, returns its value; one in a `with` in it likewise."""
    assert isinstance(statement, cst.With)
    suite = statement.body
    if isinstance(suite, cst.SimpleStatementSuite):
        small = [*suite.body[:-1], _returned(suite.body[-1])]
        return statement.with_changes(body=suite.with_changes(body=small))
    *before, last = suite.body
    if isinstance(last, cst.SimpleStatementLine):
        last = last.with_changes(body=[*last.body[:-1], _returned(last.body[-1])])
    else:
        assert isinstance(last, cst.With)
        last = returning_last_value(last)
    return statement.with_changes(body=suite.with_changes(body=[*before, last]))


def _returned(small: cst.BaseSmallStatement) -> cst.Return:
    assert isinstance(small, cst.Assign)
    return cst.Return(value=small.value, semicolon=small.semicolon)


def preceded(body: Sequence[cst.BaseStatement], lines: str, indent: str) -> list[cst.BaseStatement]:
    """Return statements behind new ``lines``; blank lines stay above all of them, comments above the old first one."""
    first, *rest = body
    leading = list(getattr(first, "leading_lines", ()))
    blank = next((at for at, line in enumerate(leading) if line.comment is not None), len(leading))
    new, *more = statements(lines, indent)
    new = new.with_changes(leading_lines=leading[:blank])
    return [new, *more, first.with_changes(leading_lines=leading[blank:]), *rest]


def extended(node: cst.BaseStatement, lines: str, indent: str) -> cst.If:
    """Return an `if` with ``lines`` at the end of its body."""
    assert isinstance(node, cst.If)
    suite = opened(node.body, indent)
    return node.with_changes(body=suite.with_changes(body=[*suite.body, *statements(lines, indent)]))


def with_value(node: cst.BaseExpression, name: str, value: str) -> cst.Call:
    """Return a call with another value for a keyword argument that it has."""
    assert isinstance(node, cst.Call)
    new = expression(value)
    args = [one.with_changes(value=new) if one.keyword and one.keyword.value == name else one for one in node.args]
    return node.with_changes(args=args)


def try_finally(body: Sequence[cst.BaseStatement], final: Sequence[cst.BaseStatement], indent: str) -> cst.Try:
    """Return ``try: body finally: final``; comments above the first statement stay above the `try`."""
    leading, body = _detached(body)
    return cst.Try(body=block(body, indent), finalbody=cst.Finally(body=block(final, indent)), leading_lines=leading)


def handled(body: Sequence[cst.BaseStatement], handler: str, indent: str) -> list[cst.BaseStatement]:
    """Return statements whose first is under a handler, the last of those that it has; it gets a `try` where it is none."""
    shape = statements(f"try:\n    pass\n{handler}", indent)[0]
    assert isinstance(shape, cst.Try)
    first, *rest = body
    if isinstance(first, cst.Try):
        return [first.with_changes(handlers=[*first.handlers, *shape.handlers]), *rest]
    leading, inner = _detached([first])
    return [shape.with_changes(body=block(inner, indent), leading_lines=leading), *rest]


def bound(line: cst.BaseStatement, name: str) -> cst.BaseStatement:
    """Return a line that is an expression, or binds one, as `name = expression`."""
    assert isinstance(line, cst.SimpleStatementLine)
    small = line.body[0]
    assert isinstance(small, (cst.Expr, cst.Assign))
    assigned = cst.Assign(targets=[cst.AssignTarget(target=cst.Name(name))], value=small.value)
    return line.with_changes(body=[assigned])


def with_finally(node: cst.BaseStatement, final: Sequence[cst.BaseStatement], indent: str) -> cst.BaseStatement:
    """Return a `try` with statements at the end of its `finally`, which it gets where it has none."""
    assert isinstance(node, (cst.Try, cst.TryStar))
    if node.finalbody is None:
        return node.with_changes(finalbody=cst.Finally(body=block(final, indent)))
    suite = opened(node.finalbody.body, indent)
    whole = suite.with_changes(body=[*suite.body, *final])
    return node.with_changes(finalbody=node.finalbody.with_changes(body=whole))


def finally_preceded(
    body: Sequence[cst.BaseStatement], texts: Set[str], line: str, indent: str
) -> list[cst.BaseStatement]:
    """Return statements with a line in the `finally` of one of them, in front of the first there that is one of ``texts``.

    The comments above that statement stay above it. Raises ValueError where no `finally` has one.
    """
    out = list(body)
    for place, node in enumerate(body):
        if not isinstance(node, (cst.Try, cst.TryStar)) or node.finalbody is None:
            continue  # it has no `finally`
        suite = opened(node.finalbody.body, indent)
        final = [single for one in suite.body for single in _apart(one)]
        at = next((at for at, one in enumerate(final) if written(one) in texts), None)
        if at is not None:
            whole = suite.with_changes(body=[*final[:at], *statements(f"{line}\n", indent), *final[at:]])
            out[place] = node.with_changes(finalbody=node.finalbody.with_changes(body=whole))
            return out
    raise ValueError("no `finally` has the statement")


def _apart(node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
    return split(node) if isinstance(node, cst.SimpleStatementLine) and len(node.body) > 1 else [node]


def written(node: cst.BaseStatement) -> str:
    """Return the text of a statement without the lines above it and the comment behind it, blanks evened out."""
    if isinstance(node, cst.SimpleStatementLine):
        node = node.with_changes(trailing_whitespace=cst.TrailingWhitespace())
    bare = node.with_changes(leading_lines=[])
    return " ".join(cst.Module(body=[]).code_for_node(bare).split())


def without_last_of_finally(node: cst.BaseStatement, indent: str) -> tuple[cst.BaseStatement, cst.BaseStatement]:
    """Return a `try` without the last statement of its `finally`, and that statement; an empty `finally` goes too."""
    assert isinstance(node, (cst.Try, cst.TryStar))
    assert node.finalbody is not None
    suite = opened(node.finalbody.body, indent)
    *kept, last = suite.body
    final = node.finalbody.with_changes(body=suite.with_changes(body=kept)) if kept else None
    return node.with_changes(finalbody=final), last


def with_head(node: cst.BaseStatement, before: Sequence[cst.BaseStatement], indent: str) -> cst.BaseStatement:
    """Return a `try` with statements put in front of its body; the comments above them are above the `try` then."""
    assert isinstance(node, cst.Try)
    leading, head = _detached(before)
    suite = opened(node.body, indent)
    first, *rest = suite.body
    first = first.with_changes(leading_lines=[*node.leading_lines, *getattr(first, "leading_lines", ())])
    return node.with_changes(body=suite.with_changes(body=[*head, first, *rest]), leading_lines=leading)


def _detached(body: Sequence[cst.BaseStatement]) -> tuple[Sequence[cst.EmptyLine], list[cst.BaseStatement]]:
    first = body[0]
    leading = list(getattr(first, "leading_lines", ()))
    return leading, [first.with_changes(leading_lines=[]), *body[1:]]


def opened(suite: cst.BaseSuite, indent: str) -> cst.IndentedBlock:
    """Return a one-line suite as a block, its statements on lines of their own; a block as it is."""
    if isinstance(suite, cst.IndentedBlock):
        return suite
    assert isinstance(suite, cst.SimpleStatementSuite)
    lines = split(cst.SimpleStatementLine(body=suite.body, trailing_whitespace=suite.trailing_whitespace))
    return cst.IndentedBlock(body=lines, indent=indent)


def split(line: cst.SimpleStatementLine) -> list[cst.SimpleStatementLine]:
    """Return the statements of a line with `;` on lines of their own; the comment at its end stays with the last."""
    plain = cst.TrailingWhitespace()
    last = len(line.body) - 1
    return [
        cst.SimpleStatementLine(
            body=[small.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)],
            leading_lines=line.leading_lines if index == 0 else [],
            trailing_whitespace=line.trailing_whitespace if index == last else plain,
        )
        for index, small in enumerate(line.body)
    ]


def parenthesized(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return a node with a pair of parentheses of its own, unless it has one."""
    if node.lpar:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def keeps_parentheses(original: cst.CSTNode, parent: cst.CSTNode | None, new: cst.BaseExpression) -> cst.BaseExpression:
    """Return the new expression with the parentheses that its place demands of it (LibCST adds none)."""
    match new:
        case cst.Yield() | cst.NamedExpr():
            plain = isinstance(parent, (cst.Assign, cst.Expr, cst.AugAssign))
            return new if plain else parenthesized(new)
        case cst.Await():
            needs = (
                (isinstance(parent, (cst.Attribute, cst.Subscript)) and parent.value is original)
                or (isinstance(parent, cst.Call) and parent.func is original)
                or isinstance(parent, cst.Await)
            )
            return parenthesized(new) if needs else new
        case (
            cst.Lambda()
            | cst.IfExp()
            | cst.BooleanOperation()
            | cst.Comparison()
            | cst.UnaryOperation()
            | cst.BinaryOperation()
        ):
            around = (cst.Assign, cst.Expr, cst.AugAssign, cst.Arg, cst.Return, cst.AnnAssign, cst.If, cst.While)
            inside = (cst.Lambda, cst.ListComp, cst.SetComp)
            return new if isinstance(parent, (*around, *inside)) else parenthesized(new)
        case _:
            return new
