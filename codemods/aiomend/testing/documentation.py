"""Whether the documentation of a rule is whole, and its examples do what they show."""

from __future__ import annotations

from aiomend.rules import Rule
from aiomend.rules.validation import problems
from aiomend.testing.case import Broken, differences, example, result, run


def documented(rule: type[Rule]) -> None:
    """Raise Broken where aiomend would not load the rule, or where an example of its docstring becomes something else."""
    for problem in problems(rule):
        raise Broken(problem)
    for before, after in rule.examples():
        case = example(rule, before)
        for alone in (True, False):
            ((_, got),) = result(case, run(case, alone=alone)).files
            if got.decode() != after:
                text = "\n".join(differences(after, got.decode()))
                raise Broken(f"{rule.code}: an example becomes something else than its docstring shows\n{text}")
