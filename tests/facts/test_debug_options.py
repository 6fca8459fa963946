"""The option with which a program asks for its debug mode."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from aiomend.facts.debug_options import debug_option
from aiomend.facts.starts import starts
from aiomend.facts.view import Module

See = Callable[..., Module]


@pytest.mark.parametrize(
    ("head", "option"),
    [
        pytest.param("", None, id="none"),
        pytest.param("DEBUG = True", "DEBUG", id="a constant"),
        pytest.param("DEBUG: bool = False", "DEBUG", id="an annotated constant"),
        pytest.param("DEBUG = 1", None, id="a number"),
        pytest.param("DEBUG = f()", None, id="what a function says"),
        pytest.param("DEBUG = os.environ.get('DEBUG')", "DEBUG", id="the environment"),
        pytest.param("DEBUG = os.getenv('DEBUG')", "DEBUG", id="the environment by the other name"),
        pytest.param("DEBUG = bool(os.getenv('DEBUG'))", "DEBUG", id="the environment, true or not"),
        pytest.param("DEBUG = bool(f())", None, id="what a function says, true or not"),
        pytest.param("DEBUG = '--debug' in sys.argv", "DEBUG", id="the command line"),
        pytest.param("DEBUG = 'DEBUG' in os.environ", "DEBUG", id="a key of the environment"),
        pytest.param("DEBUG = 'x' in y", None, id="a key of something else"),
        pytest.param("DEBUG = 'x' not in sys.argv", None, id="not on the command line"),
        pytest.param("DEBUG = os.getenv('DEBUG') == '1'", "DEBUG", id="the environment, compared"),
        pytest.param("DEBUG = f() == 1", None, id="something compared"),
        pytest.param("VERBOSE = True", None, id="about something else"),
        pytest.param("DEBUG = True\nDEBUG = False", None, id="bound twice"),
        pytest.param("if x: DEBUG = True", None, id="on some ways"),
        pytest.param("def DEBUG(): pass", None, id="a function"),
        pytest.param("if args.debug: x()", None, id="names that nobody binds"),
        pytest.param("args = f()\nif args.debug: x()", "args.debug", id="asked before"),
        pytest.param("args = f()\nif not args.debug: x()", "args.debug", id="asked the other way"),
        pytest.param("args = f()\ny = 1 if args.debug else 2", "args.debug", id="asked in an expression"),
        pytest.param("args = f()\nargs = g()\nif args.debug: x()", None, id="another one by then"),
        pytest.param("args = f()\ndef h():\n    if args.debug: x()", None, id="asked at another time"),
        pytest.param("args = f()\nif args.verbose: x()", None, id="asked for something else"),
        pytest.param(
            "p = f()\np.add_argument('--debug', action='store_true')\na = p.parse_args()", "a.debug", id="parsed"
        ),
        pytest.param("p = f()\np.add_argument('--debug', action='store')\na = p.parse_args()", None, id="a value"),
        pytest.param("p = f()\np.add_argument('--debug')\na = p.parse_args()", None, id="another value"),
        pytest.param("p = f()\np.add_argument('--quiet', action='store_true')\na = p.parse_args()", None, id="another"),
        pytest.param(
            "p = f()\nq = f()\nq.add_argument('--debug', action='count')\na = p.parse_args()", None, id="not its"
        ),
        pytest.param(
            "p = f()\np.add_argument('-d', '--x', dest='debug_mode', action='count')\na = p.parse_args()",
            "a.debug_mode",
            id="parsed by another name",
        ),
        pytest.param(
            "def parse():\n    p = f()\n    p.add_argument('--debug-all', action='store_true')\n"
            "    return p.parse_args()\na = parse()",
            "a.debug_all",
            id="parsed by a function",
        ),
    ],
)
def test_the_option_that_asks_for_debugging(see: See, head: str, option: str | None) -> None:
    module = see(f"import asyncio, os, sys\n{head}\nasyncio.run(main())\n")
    (start,) = starts(module)
    assert debug_option(module, start) == option


@pytest.mark.parametrize(
    ("head", "option"),
    [
        ("@app.command()\ndef main(debug=False):", "debug"),
        ("@app.command()\ndef main(debug: bool):", "debug"),
        ("@app.command()\ndef main(debug):", None),
        ("@app.command()\ndef main(debug='x'):", None),
        ("@app.command()\ndef main(verbose=False):", None),
        ("@app.command()\n@click.option('--debug', is_flag=True)\ndef main(debug):", "debug"),
        ("@app.command()\n@click.option('--debug')\ndef main(debug):", None),
        ("@app.command()\n@click.option('--debug/--no-debug')\ndef main(debug):", "debug"),
        ("@app.command()\n@click.option('--other', is_flag=True)\ndef main(debug):", None),
        ("@app.command()\n@click.option('--debug-it', is_flag=True)\ndef main(debug_it):", "debug_it"),
    ],
)
def test_the_parameter_that_asks_for_debugging(see: See, head: str, option: str | None) -> None:
    module = see(f"import asyncio, click\n{head}\n    asyncio.run(work())\n")
    (start,) = starts(module)
    assert debug_option(module, start) == option
