"""Functions of other packages that the project replaces."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.patched import is_looked_at, is_patched, patched_texts, stand_ins
from aiomend.facts.view import Module

See = Callable[..., Module]


@pytest.mark.parametrize(
    ("text", "patched"),
    [
        ("x = 1", False),
        ("asyncio.sleep(1)", False),
        ("asyncio.sleep == x", False),
        ("x.sleep = y", False),
        ("'sleep'", False),
        ("x, 'sleep'", False),
        ("'asyncio.sleeper'", False),
        ("def f(x: 'asyncio.sleep') -> 'asyncio.sleep': pass", False),
        ("x: Optional['asyncio.sleep'] = cast('asyncio.sleep', y)", False),
        ("for x in ['asyncio.sleep']: patch(x)", True),
        ("patch(**{'target': 'asyncio.sleep'})", True),
        ("patch('asyncio.sleep')", True),
        ('patch("work.asyncio.sleep")', True),
        ("patch.object(asyncio, 'sleep')", True),
        ("setattr(my_loop , 'sleep', x)", True),
        ("setattr(Task, 'sleep', x)", True),
        ("asyncio.sleep = x", True),
        ("loop.sleep=x", True),
        ("getattr(work, 'sleep')", False),
        ("patch.object(work, 'nap')", False),
        ("patch.multiple('asyncio', nap=x)", False),
        ("patch.object(work, 'sleep')", True),
        ("patch.object(target=work, attribute='sleep')", True),
        ("monkeypatch.setattr(work, 'sleep', x)", True),
        ("patch.multiple('asyncio', sleep=x)", True),
        ("patch.multiple('asyncio', nap=Mock(), sleep=x)", True),
        ("patch.dict(work.__dict__, nap=x)", False),
        ("patch.dict(work.__dict__, nap=Mock(), sleep=x)", True),
        ("print(TARGET + '.sleep')", False),
        ("patch(TARGET + '.sleep')", True),
        ("patch(f'{work.__name__}.sleep')", True),
        ("patch('%s.sleep' % work.__name__)", True),
        ("setattr(sys.modules['asyncio'], 'sleep', x)", True),
        ("setattr(table['asyncio'], 'nap', x)", False),
        ("patch.object(work, 'other')", False),
        ("work.asyncio == x", False),
        ("patch.object(work, 'asyncio')", True),
        ("monkeypatch.setattr(work, 'asyncio', x)", True),
        ("work.asyncio = x", True),
    ],
)
def test_whether_anything_is_put_in_its_place(see: See, text: str, patched: bool) -> None:
    assert is_patched(see(text), "sleep") is patched
    module = see("x = 1", other=text)
    assert is_patched(module, "sleep") is patched
    assert is_patched(module, "sleep") is patched


@pytest.mark.parametrize(
    ("text", "patched"),
    [
        ("work.wait = x", False),
        ("def f(app): app.sleep = x", False),
        ("work.sleep()", False),
        ("patch.object(work, 'sleeper')", False),
        ("work.sleep = x", True),
        ("work.nap = x", True),
        ("patch('work.nap')", True),
        ("setattr(work, 'nap', x)", True),
    ],
)
def test_a_name_of_the_file_that_imports_it(see: See, text: str, patched: bool) -> None:
    work = "from asyncio import sleep, sleep as nap"
    tests = f"import main as work\n{text}\n"
    assert is_patched(see(work, other=tests), "sleep") is patched


@pytest.mark.parametrize(
    ("text", "patched"),
    [
        ("for name in ['sleep']: getattr(work, name)", False),
        ("for name in ['nap']: setattr(work, name, x)", False),
        ("for name in ['sleep']: patch(work, name)", False),
        ("for name in ['sleep']: setattr(work, name, x)", True),
        ("for name in ['sleep']: patch.object(work, name)", True),
        ("for name in ['sleep']: patch('work.' + name)", True),
        ("for name in ['sleep']: patch(f'work.{name}')", True),
        ("for name in ['sleep']: patch('work.%s' % name)", True),
        ("for name in ['sleep']: patch('work.{}'.format(name))", True),
        ("patch.dict(work.__dict__, {'sleep': x})", True),
    ],
)
def test_names_that_are_made_up(see: See, text: str, patched: bool) -> None:
    assert is_patched(see("import asyncio", test_it=text), "sleep") is patched
    assert not is_patched(see("import asyncio", other=text), "sleep")  # no file of tests


def test_a_module_by_the_name_that_the_file_gives_it(see: See) -> None:
    tests = "patch.object(work, 'aio')"
    assert is_patched(see("import asyncio as aio", test_it=tests), "sleep")
    assert not is_patched(see("import asyncio", test_it=tests), "sleep")


@pytest.mark.parametrize(
    ("text", "looked_at"),
    [
        ("sleep.assert_called_once_with(1, loop=loop)", False),
        ("patch('main.sleep', fake)", False),
        ("patch('other.sleep')\nsleep.assert_called_once_with(1, loop=loop)", False),
        ("patch('main.sleep')\nsleep.assert_called_once_with(1, loop=loop)", True),
        ("patch('main.sleep')\nassert sleep.call_args[1]", True),
        ("patch('main.asyncio')\nassert fake.sleep.call_args[1]", True),
        ("def fake(delay, loop): ...\npatch('main.sleep', fake)", True),
    ],
)
def test_whether_a_test_looks_at_what_it_is_given(see: See, text: str, looked_at: bool) -> None:
    assert is_looked_at(see("import asyncio", test_it=text), "sleep") is looked_at


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("print('asyncio.sleep')", []),
        ("patch('asyncio.other')", []),
        ("patch('asyncio.sleeper')", []),
        ("patch('myasyncio.sleep')", []),
        ("patch(x, 'asyncio.sleep')", []),
        ("patch.object(x, 'sleep')", []),
        ("patch.object(asyncio, 'other')", []),
        ("patch.object(asyncio, sleep)", []),
        ("patch()", []),
        ("patch('asyncio.sleep')", ["asyncio.sleep"]),
        ("mock.patch('work.asyncio.sleep', x)", ["work.asyncio.sleep"]),
        ("patch.object(asyncio, 'sleep')", ["sleep"]),
        ("setattr(asyncio, 'sleep', x)", ["sleep"]),
        ("monkeypatch.delattr(asyncio, 'sleep')", ["sleep"]),
        ("patch('asyncio.sleep')\npatch('asyncio.sleep')", ["asyncio.sleep", "asyncio.sleep"]),
    ],
)
def test_the_texts_that_name_it(see: See, text: str, texts: list[str]) -> None:
    module = see(f"import asyncio\n{text}", broken="sleep (")
    assert [one.value for _, one in patched_texts(module.inference, "asyncio", "sleep")] == texts


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("patch('asyncio.sleep')", 0),
        ("patch('asyncio.sleep', x)", 0),
        ("patch('asyncio.sleep', new_callable=fake)", 0),
        ("patch('asyncio.other', fake)", 0),
        ("print('asyncio.sleep', fake)", 0),
        ("asyncio.sleep", 0),
        ("patch('asyncio.sleep', fake)", 1),
        ("patch('work.asyncio.sleep', new=fake)", 1),
        ("patch.object(asyncio, 'sleep', fake)", 1),
        ("monkeypatch.setattr(asyncio, 'sleep', lambda coro: None)", 1),
        ("patch('asyncio.sleep', fake)\npatch('asyncio.sleep', other)", 2),
    ],
)
def test_functions_that_are_put_in_its_place(see: See, text: str, count: int) -> None:
    module = see("x = 1", test_it=f"import asyncio\ndef fake(coro): pass\ndef other(coro): pass\n{text}")
    assert len(list(stand_ins(module.inference, "asyncio", "sleep"))) == count
