"""AIO102: which switches are taken out, which are left to a person, and what the words say."""

from __future__ import annotations

import pytest

from aiomend import Finding, Safety, Settings, check_source, fix_source
from aiomend.settings import Selection

SETTINGS = Settings(select=Selection(frozenset({"AIO102"})))
HEAD = "import asyncio, os\nasync def main(): pass\n"


def check(code: str, path: str = "app.py") -> tuple[Finding, ...]:
    return check_source(f"{HEAD}{code}\n", path=path, settings=SETTINGS)


@pytest.mark.parametrize(
    "code",
    [
        "asyncio.run(main())",
        "asyncio.run(main(), debug=None)",
        "asyncio.run(main(), debug='--debug' in sys.argv)",
        "if args.debug: asyncio.run(main(), debug=True)",
        "verbose and asyncio.run(main(), debug=True)",
        "loop.set_debug(os.environ.get('SHOP_DEBUG'))",
        "os.environ.setdefault('PYTHONASYNCIODEBUG', '')",
        "os.environ['PYTHONDEVMODE'] = '1'",
        "env['PYTHONASYNCIODEBUG'] = '1'",
        "assert DEBUG\nloop.set_debug(True)",
        "def debugging(loop):\n    loop.set_debug(True)\n    return loop",
    ],
)
def test_it_is_silent(code: str) -> None:
    assert check(code) == ()


@pytest.mark.parametrize("path", ["tests/app.py", "test_app.py", "examples/app.py", "docs/app.py"])
def test_it_is_silent_in_what_does_not_ship(path: str) -> None:
    assert check("asyncio.run(main(), debug=True)", path=path) == ()


def test_it_does_not_run_with_its_section() -> None:
    settings = Settings(select=Selection(frozenset({"AIO1"})))
    assert check_source(f"{HEAD}asyncio.run(main(), debug=True)\n", settings=settings) == ()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def serve(loop):\n    loop.set_debug(True)", "nothing else is in its block"),
        ("loop = asyncio.new_event_loop()\n# slow?\nloop.set_debug(True)", "the comment at it may speak of it"),
        ("print()\nloop.set_debug(True)  # slow?", "the comment at it may speak of it"),
        ("asyncio.run(\n    main(),\n    debug=True,  # slow?\n)", "a comment in the call may speak of it"),
        ("if main:\n    loop.set_debug(True)\nloop.set_debug(True)", "the same is written beside it"),
    ],
)
def test_a_person_decides(code: str, reason: str) -> None:
    findings = [one for one in check(code) if "set_debug" in one.message or "debug=" in one.message]

    assert findings
    assert {finding.safety for finding in findings} == {Safety.MANUAL}
    assert {finding.reason for finding in findings} == {reason}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("asyncio.run(main(), debug=True)", "asyncio.run(main())"),
        ("asyncio.run(debug=True, main=main())", "asyncio.run(main=main())"),
        ("loop = asyncio.new_event_loop()\nloop.set_debug(1)", "loop = asyncio.new_event_loop()"),
        (
            "import os as system\nsystem.putenv('PYTHONASYNCIODEBUG', '1')\nsystem.getpid()",
            "import os as system\nsystem.getpid()",
        ),
    ],
)
def test_it_is_taken_out(before: str, after: str) -> None:
    assert fix_source(f"{HEAD}{before}\n", settings=SETTINGS).text == f"{HEAD}{after}\n"


def test_the_message_names_the_code() -> None:
    (finding,) = check("asyncio.run(main(), debug=True)")

    assert finding.message == "`asyncio.run(…, debug=True)` turns asyncio's debug mode on for everybody who runs this"
    assert finding.safety is Safety.SAFE
