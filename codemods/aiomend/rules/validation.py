"""What a rule has to be before aiomend runs it: asked of rules that come from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from aiomend.codes import prefix_of
from aiomend.guide import CODE, SECTIONS
from aiomend.model import Impact, Safety
from aiomend.rules.rule import Rule

OWN = "AIO"
PREFIX = re.compile(r"[A-Z]{2,10}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_SENTENCE = re.compile(r"[^\n]+\.")


def rules_in(namespace: Iterable[object], package: str) -> list[type[Rule]]:
    """Return the rules among some values: the classes with a code that ``package`` defines, those of its modules too."""
    # by their types: isinstance() would ask lazily loaded modules for their class, and so load them
    classes: list[type] = [value for value in namespace if issubclass(type(value), type)]  # type: ignore[misc]
    rules = [cls for cls in classes if issubclass(cls, Rule) and "code" in vars(cls)]
    return list(dict.fromkeys(rule for rule in rules if f"{rule.__module__}.".startswith(f"{package}.")))


def problems(rule: type[Rule]) -> Iterator[str]:
    """Yield what is wrong with a rule of a package, as sentences that begin with its name."""
    who = f"{rule.__module__}.{rule.__qualname__}"
    code, name = vars(rule).get("code"), getattr(rule, "name", None)
    match = CODE.fullmatch(code) if isinstance(code, str) else None
    if match is None or int(match["section"]) not in SECTIONS:
        yield (
            f"{who}: its code {code!r} is not letters, the number of a section of the guide (0 to 10) and two digits, "
            "such as ACME401"
        )
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"{who}: its name {name!r} is not words in lower case with hyphens, such as blocking-sleep"
    if not isinstance(getattr(rule, "safety", None), Safety):
        yield f"{who}: its safety is no aiomend.Safety"
    elif rule.suspends and rule.safety is Safety.SAFE:
        yield f"{who}: it says that its fixes suspend, and such fixes are never safe"
    if not isinstance(getattr(rule, "impact", None), Impact):
        yield f"{who}: its impact is no aiomend.Impact"
    if not _are_words(getattr(rule, "triggers", None)) or not rule.triggers:
        yield f"{who}: its triggers are no frozenset of words without which it finds nothing"
    if not _are_words(rule.context):
        yield f"{who}: its context is no frozenset of words"
    if rule.find is Rule.find:
        yield f"{who}: it has no method find()"
    yield from (f"{who}: {problem}" for problem in _undocumented(rule))


def clashes(rules: Iterable[type[Rule]], others: Iterable[type[Rule]]) -> Iterator[str]:
    """Yield a sentence for each code or name that two rules have."""
    codes, names = dict[str, type[Rule]](), dict[str, type[Rule]]()
    for rule in others:
        codes[rule.code], names[rule.name] = rule, rule
    for rule in rules:
        for word, taken in ((rule.code, codes), (rule.name, names)):
            if (other := taken.setdefault(word, rule)) is not rule:
                yield f"{rule.__module__}.{rule.__qualname__}: {word} is {other.__module__}.{other.__qualname__} already"


def prefixes(rules: Iterable[type[Rule]]) -> list[str]:
    """Return the prefixes of the codes of some rules, sorted."""
    return sorted({prefix_of(rule.code) for rule in rules})


def _are_words(value: object) -> bool:
    return isinstance(value, frozenset) and all(isinstance(word, str) and word for word in value)


def _undocumented(rule: type[Rule]) -> Iterator[str]:
    text = rule.documentation() if "__doc__" in vars(rule) and rule.__doc__ else ""
    if not text:
        yield "it has no docstring, which is its documentation"
        return
    if not _SENTENCE.fullmatch(rule.summary()):
        yield "its docstring does not begin with one sentence, an empty line behind it"
    for part in ("Before:", "Fix safety:", "Silent when"):
        if not re.search(rf"^{part}", text, re.MULTILINE):
            yield f"its docstring has no paragraph that begins with {part!r}"
    if (
        len(rule.examples()) != len(re.findall("^Before:", text, re.MULTILINE))
        and getattr(rule, "safety", None) is not Safety.MANUAL
    ):
        yield "its docstring has a program under 'Before:' without one under 'After:', each between ```python and ```"
