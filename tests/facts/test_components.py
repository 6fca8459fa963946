"""Strongly connected components."""

from __future__ import annotations

import random

from aiomend.facts.components import components


def _reached(graph: dict[int, list[int]], start: int) -> set[int]:
    found = {start}
    todo = [start]
    while todo:
        for one in graph[todo.pop()]:
            if one not in found:
                found.add(one)
                todo.append(one)
    return found


def test_nothing_but_the_start_where_it_leads_nowhere() -> None:
    assert list(components(1, {1: [], 2: [1]}.__getitem__)) == [[1]]


def test_they_are_those_that_reach_each_other_and_come_after_what_they_lead_to() -> None:
    chosen = random.Random(7)
    for size in (1, 2, 5, 9, 14) * 20:
        graph = {node: chosen.choices(range(size), k=chosen.randrange(3)) for node in range(size)}
        found = list(components(0, graph.__getitem__))
        reach = {node: _reached(graph, node) for node in graph}

        assert sorted(node for one in found for node in one) == sorted(reach[0])
        done: set[int] = set()
        for one in found:
            assert all(set(one) == {other for other in reach[node] if node in reach[other]} for node in one)
            done |= set(one)
            assert all(reach[node] <= done for node in one)


def test_a_long_way_is_no_matter_of_recursion() -> None:
    assert len(list(components(0, lambda node: [node + 1] if node < 5000 else []))) == 5001


def test_each_is_asked_once() -> None:
    asked: list[int] = []

    def successors(node: int) -> list[int]:
        asked.append(node)
        return [(node + 1) % 4, (node + 2) % 4]

    assert [sorted(one) for one in components(0, successors)] == [[0, 1, 2, 3]]
    assert sorted(asked) == [0, 1, 2, 3]
