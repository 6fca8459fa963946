"""Strongly connected components of a graph that is found out on the way: by Tarjan, without recursion."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def components(start: Node, successors: Callable[[Node], Iterable[Node]]) -> Iterator[list[Node]]:
    """Yield the strongly connected components that can be reached from a node, those that one leads to before it.

    ``successors`` is asked once for each node (R. Tarjan, "Depth-first search and linear graph algorithms", 1972).
    """
    lowest = {start: 0}  # by node: the least number of an open node that can be reached; its own number to begin with
    numbers = {start: 0}
    open_: dict[Node, None] = {start: None}  # those whose component is not complete, in the order of their numbers
    path = [(start, iter(successors(start)))]
    while path:
        node, rest = path[-1]
        following = next(rest, None)
        if following is None:
            path.pop()
            if path:
                lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
            if lowest[node] == numbers[node]:
                yield _closed(open_, node)
        elif following not in numbers:
            numbers[following] = lowest[following] = len(numbers)
            open_[following] = None
            path.append((following, iter(successors(following))))
        elif following in open_:
            lowest[node] = min(lowest[node], numbers[following])


def _closed(open_: dict[Node, None], node: Node) -> list[Node]:
    """Return the nodes from one on, the last one first, and take them out."""
    found: list[Node] = []
    while not found or found[-1] != node:
        found.append(open_.popitem()[0])
    return found
