"""How a project formats its code, from the settings of its tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiomend.settings import Style
from aiomend_cli.style import style_of


def test_without_any_tool_quotes_stay(tmp_path: Path) -> None:
    assert style_of(tmp_path, tmp_path) == Style(88, preserve_quotes=True, follows_file=True)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("pyproject.toml", "[tool.black]\n", Style(88)),
        ("pyproject.toml", "[tool.black]\nline-length = 100\nskip-string-normalization = true\n", Style(100, True)),
        ("pyproject.toml", "[tool.black]\nskip-magic-trailing-comma = true\n", Style(88, magic_trailing_comma=False)),
        ("pyproject.toml", "[tool.ruff]\nline-length = 120\n", Style(120, True)),
        ("pyproject.toml", "[tool.ruff.format]\nquote-style = 'single'\n", Style(88, single_quotes=True)),
        ("ruff.toml", "line-length = 99\n[format]\nquote-style = 'preserve'\n", Style(99, True)),
        (
            ".ruff.toml",
            "line-length = 99\n[format]\nskip-magic-trailing-comma = true\n",
            Style(99, magic_trailing_comma=False),
        ),
        ("pyproject.toml", "[tool.isort]\nline_length = 79\n", Style(79, True)),
        ("setup.cfg", "[flake8]\nmax-line-length = 100\n", Style(100, True)),
        ("tox.ini", "[flake8]\nmax_line_length = 110\n", Style(110, True)),
        ("setup.cfg", "[pycodestyle]\nmax_line_length = 100\n", Style(100, True)),
        (".flake8", "[flake8]\nmax-line-length = 5000\n", Style(88, True, follows_file=True)),
        (".flake8", "[flake8]\nmax-line-length = many\n", Style(88, True, follows_file=True)),
    ],
)
def test_tools(tmp_path: Path, name: str, content: str, expected: Style) -> None:
    (tmp_path / name).write_text(content)
    assert style_of(tmp_path, tmp_path) == expected


def test_a_formatter_above_outranks_a_linter_nearby(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.black]\nline-length = 100\n")
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / ".flake8").write_text("[flake8]\nmax-line-length = 79\n")
    assert style_of(tmp_path / "pkg", tmp_path) == Style(100)
