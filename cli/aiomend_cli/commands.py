"""The options of a command, as typer takes them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import typer

from aiomend_cli import shared_options
from aiomend_cli.ending import exit_code
from aiomend_cli.forge.settings import SplitBy
from aiomend_cli.options import Offload, Options, Strings

O = TypeVar("O", bound=Options)  # noqa: E741


def takes(kind: type[O]) -> Callable[[Callable[[O], int]], Callable[..., None]]:
    """Return a decorator that gives a function of one ``kind`` of options the command line that its fields
    describe."""

    def decorate(command: Callable[[O], int]) -> Callable[..., None]:
        @functools.wraps(command)
        def call(**given: Any) -> None:
            values: dict[str, Any] = {name: _frozen(value) for name, value in given.items()}
            options = kind(**values)
            raise typer.Exit(exit_code(lambda: command(options)))

        del call.__wrapped__  # its signature is not the command's
        call.__annotations__ = {}
        call.__signature__ = _signature(kind)  # type: ignore[attr-defined]
        return call

    return decorate


def _frozen(value: object) -> object:
    match value:
        case list():
            return tuple(value)
        case Offload():
            return str(value)
    return value


def _signature(kind: type[Options]) -> inspect.Signature:
    hints = get_type_hints(kind, localns={**vars(shared_options), "SplitBy": SplitBy}, include_extras=True)
    parameters = []
    for field in fields(kind):
        if field.name in kind.leaves_out:
            continue
        annotation, default = hints[field.name], field.default
        assert default is not MISSING, "an option without a default could not be left out"
        if get_origin(annotation) is Annotated and get_args(annotation)[0] == Strings:
            annotation = Annotated[list[str], get_args(annotation)[1]]
            default = list(default)
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter(field.name, keyword, default=default, annotation=annotation))
    return inspect.Signature(parameters)
