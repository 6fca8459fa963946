"""The library's data as JSON and back, led by the types of its fields. No code is run by reading it, as pickle would."""

from __future__ import annotations

import base64
import enum
import functools
import json
import types
import typing
import zlib
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

from aiomend import model
from aiomend.report import Report

_Read = Callable[[Any], Any]


def plain(value: object) -> Any:
    """Return ``value`` as what JSON knows; equal values give equal ones, whatever the order of their sets."""
    match value:
        case enum.Enum():
            return value.name
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return base64.b64encode(value).decode("ascii")
        case dict():
            return {str(key): plain(one) for key, one in value.items()}
        case frozenset():
            return sorted(map(plain, value))
        case tuple() | list():
            return [plain(one) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        return [plain(getattr(value, field.name)) for field in fields(value)]
    raise TypeError(f"no data: {type(value).__name__}")


def data(report: Report) -> bytes:
    """Return a report as bytes."""
    return zlib.compress(json.dumps(plain(report), separators=(",", ":")).encode("ascii"), 1)


def report(kept: bytes | None) -> Report | None:
    """Return the report that ``data`` made these bytes of; None where there are none, or others."""
    if kept is None:
        return None
    try:
        found = _reader(Report)(json.loads(zlib.decompress(kept)))
    except (ValueError, TypeError, KeyError, zlib.error):
        return None
    return found if isinstance(found, Report) else None


@functools.cache
def _reader(kind: Any) -> _Read:
    """Return what reads values of the annotated type ``kind``."""
    arguments = typing.get_args(kind)
    match typing.get_origin(kind):
        case types.UnionType | typing.Union:
            [inner] = [_reader(one) for one in arguments if one is not type(None)]
            return lambda value: None if value is None else inner(value)
        case origin if origin is tuple:
            inner = _reader(arguments[0])
            return lambda value: tuple([inner(one) for one in value])
        case origin if origin is dict:
            inner = _reader(arguments[1])
            return lambda value: {key: inner(one) for key, one in value.items()}
    if kind is bytes:
        return base64.b64decode
    if isinstance(kind, enum.EnumMeta):
        return lambda value: kind[value]
    if isinstance(kind, type) and is_dataclass(kind):
        hints = typing.get_type_hints(kind, localns=vars(model))  # a report names findings without loading them
        readers = [_reader(hints[field.name]) for field in fields(kind)]
        return lambda value: kind(*[read(one) for read, one in zip(readers, value, strict=True)])
    return lambda value: _checked(value, kind)


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value
