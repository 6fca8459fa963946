"""Expressions from text, and the operators and parentheses around them."""

from __future__ import annotations

import re

import libcst as cst

from aiomend.facts.module import Colour


def expression(text: str) -> cst.BaseExpression:
    """Return the expression that ``text`` is."""
    return cst.parse_expression(text)


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
            if isinstance(new, cst.BooleanOperation) and isinstance(parent, cst.IfExp):
                return new  # it binds tighter on each side
            return new if isinstance(parent, (*around, *inside)) else parenthesized(new)
        case _:
            return new


def awaited(node: cst.BaseExpression, colour: Colour) -> cst.BaseExpression:
    """Return ``await node`` or ``(yield from node)`` after the colour of the place."""
    match colour:
        case Colour.AWAIT:
            return cst.Await(expression=_operand(node))
        case Colour.YIELD_FROM:
            return cst.Yield(value=cst.From(item=node))
        case Colour.SYNC:
            raise ValueError("nothing can be awaited in a synchronous place")


def _operand(node: cst.BaseExpression) -> cst.BaseExpression:
    """What binds looser than `await` needs parentheses behind it."""
    primary = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.List, cst.Dict, cst.Set, cst.BaseString)
    if isinstance(node, primary) or node.lpar:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def both(test: cst.BaseExpression, more: str) -> cst.BaseExpression:
    """Return ``test and more``."""
    looser = isinstance(test, (cst.IfExp, cst.Lambda, cst.NamedExpr)) or (
        isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.Or)
    )
    left = parenthesized(test) if looser else test
    return cst.BooleanOperation(left=left, operator=cst.And(), right=expression(more))


def none_if(test: str, node: cst.BaseExpression) -> cst.BaseExpression:
    """Return ``None if test else node``: the node is evaluated only where the test is false."""
    is_loose = isinstance(node, (cst.IfExp, cst.NamedExpr))
    return cst.IfExp(test=expression(test), body=cst.Name("None"), orelse=parenthesized(node) if is_loose else node)


def method(receiver: cst.BaseExpression, name: str) -> cst.Attribute:
    """Return ``receiver.name``."""
    return cst.Attribute(value=receiver, attr=cst.Name(name))


def with_method(node: cst.BaseExpression, name: str) -> cst.BaseExpression:
    """Return ``receiver.other`` as ``receiver.name``."""
    return cst.ensure_type(node, cst.Attribute).with_changes(attr=cst.Name(name))


def with_last_word(node: cst.BaseExpression, word: str) -> cst.BaseExpression:
    """Return a text that ends in a word, such as ``"asyncio.sleep"``, with another one there; prefix and quotes stay."""
    text = cst.ensure_type(node, cst.SimpleString)
    return text.with_changes(value=re.sub(r"\w+(?=['\"]+$)", word, text.value))


def function_of_nothing(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return `lambda: node`."""
    return cst.Lambda(params=cst.Parameters(), body=node)


def if_side(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return `a` of `a if test else b`."""
    return cst.ensure_type(node, cst.IfExp).body


def else_side(node: cst.BaseExpression) -> cst.BaseExpression:
    """Return `b` of `a if test else b`."""
    return cst.ensure_type(node, cst.IfExp).orelse


def named_like(node: cst.BaseExpression, name: str) -> cst.BaseExpression:
    """Return a dotted name as ``name``; where only its last part is another one, the rest stays as it is written."""
    new = expression(name)
    if isinstance(node, cst.Attribute) and isinstance(new, cst.Attribute) and node.value.deep_equals(new.value):
        return node.with_changes(attr=new.attr)
    return new
