"""Calls: what they call, and what they are given."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from aiomend.rewriting.syntax.expressions import expression, parenthesized


def call(function: str | cst.BaseExpression, *arguments: str | cst.BaseExpression | cst.Arg) -> cst.Call:
    """Return ``function(arguments)``."""
    func = expression(function) if isinstance(function, str) else function
    args = [argument(one) for one in arguments]
    spaced = [
        one.with_changes(comma=cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))) for one in args[:-1]
    ] + args[-1:]
    return cst.Call(func=func, args=spaced)


def called_by(node: cst.BaseExpression, caller: str) -> cst.Call:
    """Return ``function(arguments)`` as ``caller(function, arguments)``."""
    call = cst.ensure_type(node, cst.Call)
    return with_arguments(call, [call.func], caller)


def with_arguments(
    node: cst.Call, before: Sequence[str | cst.BaseExpression], function: str | cst.BaseExpression
) -> cst.Call:
    """Return a call of ``function`` with ``before`` put in front of the arguments of ``node``, which keep their layout."""
    func = expression(function) if isinstance(function, str) else function
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    front = [argument(one).with_changes(comma=comma) for one in before]
    rest = list(node.args)
    if rest and isinstance(node.whitespace_before_args, cst.ParenthesizedWhitespace):
        # The arguments stand below the bracket: so do the new ones, in a line each where the others have that. Comments stay.
        layout = node.whitespace_before_args
        bare = layout.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
        if not any(_shares_its_line(one) for one in rest[:-1]):
            front = [one.with_changes(comma=cst.Comma(whitespace_after=bare)) for one in front]
        above = cst.Comma(whitespace_after=bare.with_changes(empty_lines=layout.empty_lines))
        front[-1] = front[-1].with_changes(comma=above)
        node = node.with_changes(whitespace_before_args=layout.with_changes(empty_lines=[]))
    if not rest:
        front[-1] = front[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return node.with_changes(func=func, args=[*front, *rest], whitespace_after_func=cst.SimpleWhitespace(""))


def _shares_its_line(one: cst.Arg) -> bool:
    """True where the next argument stands in the line in which this one ends."""
    return isinstance(one.comma, cst.Comma) and isinstance(one.comma.whitespace_after, cst.SimpleWhitespace)


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
        if isinstance(last.comma, cst.Comma):
            given = given.with_changes(comma=last.comma)
        elif isinstance(last.whitespace_after_arg, cst.ParenthesizedWhitespace):
            given = given.with_changes(comma=cst.Comma(whitespace_after=last.whitespace_after_arg))
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


def with_value(node: cst.BaseExpression, name: str, value: str) -> cst.Call:
    """Return a call with another value for a keyword argument that it has."""
    assert isinstance(node, cst.Call)
    new = expression(value)
    args = [one.with_changes(value=new) if one.keyword and one.keyword.value == name else one for one in node.args]
    return node.with_changes(args=args)


def closed_arguments(node: cst.BaseExpression) -> cst.Call:
    """Return a call whose only argument, a generator expression, has parentheses of its own; any other call as it is."""
    assert isinstance(node, cst.Call)
    match node.args:
        case [cst.Arg(value=cst.GeneratorExp(lpar=[]) as value) as only]:
            return node.with_changes(args=[only.with_changes(value=parenthesized(value))])
        case _:
            return node


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


def each_of(node: cst.BaseExpression, function: str, name: str, loop: str | None = None) -> cst.ListComp:
    """Return ``[function(name) for name in node]``, with ``loop=loop`` in each call where there is one."""
    operand = parenthesized(node) if isinstance(node, (cst.IfExp, cst.Lambda)) else node
    element = call(function, name, *([keyword("loop", loop)] if loop is not None else []))
    return cst.ListComp(elt=element, for_in=cst.CompFor(target=cst.Name(name), iter=operand))
