"""The target range: read from what a project says about itself, never executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from aiomend_cli.target import allowed_versions, target_of


def test_a_project_that_says_nothing_gets_the_default(tmp_path: Path) -> None:
    target = target_of(tmp_path, tmp_path)
    assert (str(target), target.origin) == ("3.8-3.15", "default, the project names none")


def test_a_statement_that_is_no_specifier_is_named(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text("[project]\nrequires-python = '3.8 or newer'\n")
    target = target_of(inner, tmp_path)
    why = "default, inner/pyproject.toml requires-python '3.8 or newer' is no version specifier"
    assert (str(target), target.origin) == ("3.8-3.15", why)


def test_another_statement_stands_in_for_one_that_is_no_specifier(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nrequires-python = 'three'\n")
    (tmp_path / "setup.cfg").write_text("[options]\npython_requires = >=3.7\n")
    target = target_of(tmp_path, tmp_path)
    assert target.origin == "setup.cfg python_requires >=3.7"


def test_setup_py_is_read_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "setup.py").write_text(
        "from setuptools import setup\nopen('ran', 'w')\nREQUIRES = '>=3.7'\nsetup(name='x', python_requires=REQUIRES)\n"
    )
    target = target_of(tmp_path, tmp_path)
    assert (str(target), target.origin) == ("3.7-3.15", "setup.py python_requires >=3.7")
    assert not Path("ran").exists()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("pyproject.toml", "[project]\nrequires-python = '>=3.9'\n", "3.9-3.15"),
        ("pyproject.toml", "[project]\nrequires-python = '>=3.9,<3.12'\n", "3.9-3.11"),
        ("pyproject.toml", "[project]\nrequires-python = '>=3.9.2'\n", "3.9-3.15"),
        ("pyproject.toml", "[project]\nrequires-python = '>=3.10, !=3.11.*'\n", "3.10-3.15"),
        ("pyproject.toml", "[project]\nrequires-python = '>=2.7'\n", "3.6-3.15"),
        ("pyproject.toml", "[project]\nrequires-python = '==3.8.*'\n", "3.8"),
        ("pyproject.toml", "[project]\nrequires-python = '>=4'\n", "3.15"),
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = '^3.8'\n", "3.8-3.15"),
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = '~3.8'\n", "3.8"),
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = '>=3.7 <3.10'\n", "3.7-3.9"),
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = '~2.7 || ^3.9'\n", "3.9-3.15"),
        (
            "pyproject.toml",
            "[project]\nclassifiers = ['Programming Language :: Python :: 3.7',"
            "'Programming Language :: Python :: 3.9', 'Programming Language :: Python :: 3']\n",
            "3.7-3.9",
        ),
        ("setup.cfg", "[options]\npython_requires = >=3.7\n", "3.7-3.15"),
        ("setup.cfg", "[metadata]\nclassifiers =\n  Programming Language :: Python :: 3.6\n", "3.6"),
        ("setup.py", "import setuptools\nsetuptools.setup(**{'python_requires': '>=3.7'})\n", "3.7-3.15"),
        ("setup.py", "setup(classifiers=['Programming Language :: Python :: 3.5'])\n", "3.6"),
        ("setup.py", "setup(python_requires=compute())\n", "3.8-3.15"),
        ("setup.py", "print 'Python 2'\n", "3.8-3.15"),
        ("pyproject.toml", "[project]\nrequires-python = 'three'\n", "3.8-3.15"),
        ("setup.cfg", "no section\n", "3.8-3.15"),
    ],
)
def test_statements(tmp_path: Path, name: str, content: str, expected: str) -> None:
    (tmp_path / name).write_text(content)
    assert str(target_of(tmp_path, tmp_path)) == expected


def test_the_nearest_statement_wins_and_is_named(tmp_path: Path) -> None:
    inner = tmp_path / "libs" / "one"
    (inner / "src").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[project]\nrequires-python = '>=3.11'\n")
    (inner / "setup.cfg").write_text("[options]\npython_requires = >=3.7\n")
    target = target_of(inner / "src", tmp_path)
    assert (str(target), target.origin) == ("3.7-3.15", "libs/one/setup.cfg python_requires >=3.7")


def test_what_lies_above_the_project_is_not_asked(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[options]\npython_requires = >=3.11\n")
    (tmp_path / "project").mkdir()
    assert target_of(tmp_path / "project", tmp_path / "project").low == (3, 8)


def test_a_raised_lower_end_is_said(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[options]\npython_requires = >=3.4\n")
    target = target_of(tmp_path, tmp_path)
    assert target.low == (3, 6)
    assert "3.6 is the oldest" in target.origin


def test_no_specifier_is_none() -> None:
    assert allowed_versions("whatever") is None
    assert allowed_versions("*") is not None
