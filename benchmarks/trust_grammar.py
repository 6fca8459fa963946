"""Programs made of the ways in which people write asyncio: nested, decorated, commented, on one line, under other names.

A program is deterministic, prints what it does, and ends. It has no trap, or one that is planted where it surely runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trust_clothes import ENDINGS, PRELUDE, dressed, spelled
from trust_traps import TRAPS, Trap

_COST_LIMIT = 60  #: traces that one call may lead to, so that no program takes long
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Composed:
    """A program, and the trap that was planted in it, None where it has none."""

    name: str
    text: str
    trap: Trap | None


@dataclass(frozen=True, slots=True)
class _Function:
    call: str  #: what to write in front of the arguments
    cost: int


def compose(seed: int, trap: Trap | None = None) -> Composed:
    """Return the program of a number: the same one each time."""
    return _Composer(random.Random(seed), trap).program(f"{trap.name if trap else 'clean'}_{seed}")


def planted(seed: int) -> Composed:
    """Return the program of a number with a trap; numbers in a row take all traps in turn."""
    return compose(seed, TRAPS[seed % len(TRAPS)])


class _Composer:
    """Writes one program; everything random comes from one generator."""

    def __init__(self, rng: random.Random, trap: Trap | None) -> None:
        self._rng = rng
        self._trap = trap
        self._names = 0
        self._coroutines: list[_Function] = []
        self._plain: list[_Function] = []
        self._cost = 0
        self._times = 1  #: how often the place is run for one call of its function
        self._is_async = False
        self._comments = rng.choice([0.0, 0.15, 0.4])

    # ---- the program ---

    def program(self, name: str) -> Composed:
        rng = self._rng
        parts = [PRELUDE]
        for _ in range(rng.randint(0, 2)):
            parts.append(self._definition(is_async=False, owner=None))
        count = rng.randint(1, 4)
        trapped = rng.randrange(count) if self._trap is not None else -1
        top: list[str] = []
        for at in range(count):
            if self._trap is not None and at == trapped and self._trap.definitions:
                parts.append(self._trap.definitions)
            make = self._class if rng.random() < 0.3 else self._alone
            parts.append(make(with_trap=at == trapped))
            top.append(self._coroutines[-1].call)
        body = [f"trace(await {call}({rng.randrange(3)}))" for call in top]
        parts.append("\n".join(["async def main():", *_indented(["x = 1", *self._odd(body), *self._finally()])]) + "\n")
        ending = self._trap.ending if self._trap is not None and self._trap.ending else rng.choice(ENDINGS)
        parts.append(ending)
        text = spelled("\n\n".join(parts), self._rng)
        return Composed(name, dressed(text, self._rng), self._trap)

    def _alone(self, *, with_trap: bool) -> str:
        return self._definition(is_async=True, owner=None, with_trap=with_trap)

    def _class(self, *, with_trap: bool) -> str:
        owner = self._name("Owner")
        method = self._definition(is_async=True, owner=owner, with_trap=with_trap)
        head = self._rng.choice([f"class {owner}:", f"class {owner}(object):  # {owner}"])
        return "\n".join([head, *_indented(method.rstrip("\n").split("\n"))]) + "\n"

    def _finally(self) -> list[str]:
        return self._rng.choice([[], ["return None"], ["trace('end')"]])

    # ---- functions ---

    def _definition(self, *, is_async: bool, owner: str | None, with_trap: bool = False) -> str:
        rng = self._rng
        name = self._name("step" if is_async else "count")
        outer = self._cost, self._times, self._is_async
        self._cost, self._times, self._is_async = 1, 1, is_async
        first = self._block(_DEPTH - 1)
        trap = self._planted() if with_trap else []
        body = [*first, *trap, *self._block(_DEPTH - 1), rng.choice(["return x", "return (x)", "return x + 1  # last"])]
        cost = self._cost
        self._cost, self._times, self._is_async = outer
        if rng.random() < 0.2:
            body = ['"""What it does."""', *body]
        parameters = rng.choice(["x", "x=1", "x: int = 2", "x, *, y=3", "x, /"])
        if owner is not None:
            parameters = f"self, {parameters}"
        decorators = rng.choice([[], [], ["@plainly"], ["@tagged(a=1)", "@plainly  # twice"]])
        result = rng.choice(["", "", " -> int"])
        head = f"{'async ' if is_async else ''}def {name}({parameters}){result}:"
        function = _Function(f"{owner}().{name}" if owner is not None else name, cost)
        (self._coroutines if is_async else self._plain).append(function)
        return "\n".join([*decorators, head, *_indented(body)]) + "\n"

    def _planted(self) -> list[str]:
        assert self._trap is not None
        lines = self._rng.choice(self._trap.statements).rstrip("\n").split("\n")
        for _ in range(self._rng.randrange(3)):
            wrapper = self._rng.choice(
                [
                    ["if True:"],
                    ["for _ in range(1):"],
                    ["with contextlib.nullcontext():"],
                    ["async with Room('trap'):"],
                    ["try:"],
                    ["async for _ in numbers(1):"],
                    ["match x:", "    case _:"],
                ]
            )
            depth = len(wrapper)
            lines = [*wrapper, *_indented(lines, depth)]
            if wrapper == ["try:"]:
                lines += ["finally:", "    trace('over')"]
        return lines

    # ---- blocks ---

    def _block(self, depth: int) -> list[str]:
        rng = self._rng
        lines: list[str] = []
        for _ in range(rng.randint(1, 3)):
            if depth > 0 and rng.random() < 0.5:
                lines += self._compound(depth)
            else:
                lines += self._odd([self._simple()])
        return lines

    def _odd(self, lines: Sequence[str]) -> list[str]:
        """Statements, in ways that nobody forbids: behind each other, with comments around."""
        rng = self._rng
        found: list[str] = []
        for line in lines:
            if rng.random() < 0.1:
                line = f"{self._simple_plain()}; {line}"
            elif rng.random() < 0.05:
                line += " ;"
            if rng.random() < self._comments:
                line += f"  # {self._name('note')}"
            if rng.random() < self._comments / 2:
                found.append(f"{rng.choice(['', '    ', '  '])}# {self._name('note')}")
            found.append(line)
            if rng.random() < 0.1:
                found.append("")
        return found

    def _compound(self, depth: int) -> list[str]:
        rng = self._rng
        choices: list[Callable[[int], list[str]]] = [
            self._if,
            self._for,
            self._while,
            self._try,
            self._with,
            self._match,
            self._nested,
        ]
        if self._is_async:
            choices += [
                self._async_with,
                self._async_for,
                self._task,
                self._tasks,
                self._future,
                self._cancelled,
                self._queue,
                self._nested,
            ]
        return rng.choice(choices)(depth)

    def _suite(self, head: str, depth: int, times: int = 1) -> list[str]:
        self._times *= times
        try:
            if self._rng.random() < 0.2:
                pieces = [self._simple() for _ in range(self._rng.randint(1, 2))]
                if not any("\n" in piece or "#" in piece for piece in pieces):
                    return [f"{head} {'; '.join(pieces)}"]
                return [head, *_indented("\n".join(pieces).split("\n"))]
            comment = f"  # {self._name('note')}" if self._rng.random() < self._comments else ""
            return [head + comment, *_indented(self._block(depth - 1))]
        finally:
            self._times //= times

    def _if(self, depth: int) -> list[str]:
        lines = self._suite(f"if {self._condition()}:", depth)
        if self._rng.random() < 0.3:
            lines += self._suite(f"elif {self._condition()}:", depth)
        if self._rng.random() < 0.5:
            lines += self._suite("else:", depth)
        return lines

    def _for(self, depth: int) -> list[str]:
        return self._suite(f"for {self._name('n')} in {self._rng.choice(['range(2)', '(1, x)', '[x]'])}:", depth, 2)

    def _while(self, depth: int) -> list[str]:
        counter = self._name("n")
        lines = self._suite(f"while ({counter} := {counter} - 1) >= 0:", depth, 2)
        return [f"{counter} = 2", *lines]

    def _try(self, depth: int) -> list[str]:
        rng = self._rng
        lines = self._suite("try:", depth)
        if rng.random() < 0.4:
            lines += ["    raise ValueError(x)"] if len(lines) > 1 else []
        end = self._suite("except ValueError as error:", depth) if rng.random() < 0.8 else []
        if not end:
            end = ["except (KeyError, ValueError):", "    pass"]
        lines += end
        if rng.random() < 0.3:
            lines += self._suite("else:", depth)
        if rng.random() < 0.4:
            lines += self._suite("finally:", depth)
        return lines

    def _with(self, depth: int) -> list[str]:
        return self._suite(f"with contextlib.nullcontext({self._value()}) as {self._name('c')}:", depth)

    def _match(self, depth: int) -> list[str]:
        lines = ["match x:", *_indented(self._suite(f"case {self._rng.randrange(3)}:", depth))]
        return [*lines, *_indented(self._suite("case _:", depth))]

    def _nested(self, depth: int) -> list[str]:
        is_async = self._is_async and self._rng.random() < 0.6
        outer = self._coroutines[:], self._plain[:]
        text = self._definition(is_async=is_async, owner=None) if depth > 1 else None
        if text is None:
            self._coroutines, self._plain = outer
            return self._odd([self._simple()])
        made = (self._coroutines if is_async else self._plain)[-1]
        self._coroutines, self._plain = outer  # known in this block alone
        if made.cost * self._times > _COST_LIMIT:
            return self._odd([self._simple()])
        self._cost += made.cost * self._times
        call = f"{made.call}(x)"
        return [*text.rstrip("\n").split("\n"), f"trace({'await ' if is_async else ''}{call})"]

    def _async_with(self, depth: int) -> list[str]:
        name = self._name("room")
        if self._rng.random() < 0.3:
            return [f"{name} = asyncio.Lock()", *self._suite(f"async with {name}:", depth)]
        return self._suite(f"async with Room('{name}') as {name}:", depth)

    def _async_for(self, depth: int) -> list[str]:
        return self._suite(f"async for {self._name('n')} in numbers():", depth, 2)

    def _task(self, depth: int) -> list[str]:
        name = self._name("task")
        maker = self._rng.choice(
            ["asyncio.create_task", "asyncio.ensure_future", "asyncio.get_running_loop().create_task",
             "asyncio.get_event_loop().create_task"]
        )  # fmt: skip
        begin = f"{name} = {maker}({self._coroutine()})"
        return [*self._odd([begin]), *self._block(0), *self._odd([f"trace(await {name})"])]

    def _tasks(self, depth: int) -> list[str]:
        name = self._name("tasks")
        begin = f"{name} = [asyncio.ensure_future({self._coroutine(2)}) for _ in range(2)]"
        end = self._rng.choice(
            [
                [f"trace(await asyncio.gather(*{name}))"],
                [f"done, pending = await asyncio.wait({name})", "trace(len(done), len(pending))"],
                [f"for one in {name}: trace(await one)"],
                [f"for one in asyncio.as_completed({name}):", "    await one"],
            ]
        )
        return [*self._odd([begin]), *end]

    def _future(self, depth: int) -> list[str]:
        name = self._name("future")
        begin = [
            f"{name} = asyncio.get_running_loop().create_future()",
            self._rng.choice(
                [
                    f"asyncio.get_running_loop().call_soon(finish, {name}, {self._value()})",
                    f"if not {name}.cancelled(): {name}.set_result({self._value()})",
                    f"if not {name}.done():\n    {name}.set_result({self._value()})",
                    f"asyncio.get_event_loop().call_later(0, lambda: finish({name}, 1))",
                ]
            ),
            f"trace(await {name})",
        ]
        return "\n".join(begin).split("\n")

    def _cancelled(self, depth: int) -> list[str]:
        name = self._name("task")
        return [
            f"{name} = asyncio.create_task(asyncio.sleep(3600))",
            *self._block(0),
            f"{name}.cancel()",
            "try:",
            f"    await {name}",
            "except asyncio.CancelledError:",
            "    trace('cancelled')",
        ]

    def _queue(self, depth: int) -> list[str]:
        name = self._name("queue")
        return [
            f"{name} = asyncio.Queue()",
            self._rng.choice([f"await {name}.put({self._value()})", f"{name}.put_nowait({self._value()})"]),
            f"trace(await {name}.get())",
        ]

    # ---- simple statements and expressions ---

    def _simple(self) -> str:
        if not self._is_async or self._rng.random() < 0.3:
            return self._simple_plain()
        awaited = self._awaited()
        one_line = "\n" not in awaited and "'" not in awaited and '"' not in awaited and "#" not in awaited
        forms = [
            f"await {awaited}",
            f"{self._name('v')} = await {awaited}",
            f"trace(await {awaited})",
            f"trace(({self._name('v')} := await {awaited}))",
            f"trace(await {awaited} if {self._condition()} else 0)",
            f"trace(1, *[await {awaited}], **{{}})",
            f"trace({{'a': await {awaited}}})",
            f"trace((await {awaited},)[0])",
            f"trace([await {awaited} for _ in range(1)])",
            "trace([n async for n in numbers()])",
            "trace({n: -n async for n in numbers() if n})",
            f"{self._name('v')}, _ = await asyncio.gather({awaited}, asyncio.sleep(0))",
        ]
        if one_line:
            forms += [f'trace(f"{{await {awaited}}} and {{x!r:>3}}")']
        return self._rng.choice(forms)

    def _simple_plain(self) -> str:
        return self._rng.choice(
            [
                f"trace({self._value()})",
                f"{self._name('v')} = {self._value()}",
                "pass",
                f"assert {self._name('v')!r}",
                f"trace((lambda a, b=1: a + b)({self._value()}))",
                f"trace([n for n in range(2) if n != {self._value()}])",
                "trace('''one\n  two''')",
            ]
        )

    def _value(self) -> str:
        choices = ["1", "x", "(x)", "x + 1", "-x", "0x1F", "len('ä€')", "(x if x else 1)", "sum((1, x))"]
        call = self._called(self._plain)
        return call if call is not None and self._rng.random() < 0.3 else self._rng.choice(choices)

    def _condition(self) -> str:
        return self._rng.choice(["x", "not x", "x % 2", "True", "(x > 1)", "x is None or x", "isinstance(x, int)"])

    def _awaited(self) -> str:
        rng = self._rng
        coroutine = self._coroutine()
        call = self._called(self._plain)
        forms = [
            coroutine,
            coroutine,
            coroutine,
            f"({coroutine})",
            f"(\n        {coroutine}  # {self._name('note')}\n    )",
            f"asyncio.wait_for({coroutine}, 60)",
            f"asyncio.wait_for(\n        {coroutine},\n        timeout=60,\n    )",
            f"asyncio.shield({coroutine})",
            f"asyncio.create_task({coroutine})",
            f"asyncio.gather({coroutine}, return_exceptions=False)",
            f"(lambda: {coroutine})()",
        ]
        if call is not None:
            name, _, argument = call.rstrip(")").partition("(")
            forms += [
                f"asyncio.to_thread({name}, {argument})",
                f"asyncio.get_running_loop().run_in_executor(None, {name}, {argument})",
            ]
        return rng.choice(forms)

    def _coroutine(self, times: int = 1) -> str:
        call = self._called(self._coroutines, times) if self._rng.random() < 0.8 else None
        return call or self._rng.choice(["asyncio.sleep(0)", "asyncio.sleep(0, x)", "asyncio.sleep(0, result=2)"])

    def _called(self, functions: Sequence[_Function], times: int = 1) -> str | None:
        """A call of one of the functions that are not too much work here, None where all are."""
        fitting = [one for one in functions if one.cost * self._times * times + self._cost <= _COST_LIMIT]
        if not fitting:
            return None
        chosen = self._rng.choice(fitting)
        self._cost += chosen.cost * self._times * times
        return f"{chosen.call}({self._rng.choice(['x', '1', '0'])})"

    def _name(self, stem: str) -> str:
        self._names += 1
        return f"{stem}{self._names}"


def _indented(lines: Sequence[str], depth: int = 1) -> list[str]:
    return [f"{'    ' * depth}{line}" if line else "" for line in "\n".join(lines).split("\n")]
