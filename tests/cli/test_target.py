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


METADATA = "Metadata-Version: 2.1\nName: shop\nRequires-Python: >=3.6\nClassifier: Programming Language :: Python :: 3.7\n\nText\n"


def _distribution(folder: Path, text: str = METADATA) -> None:
    folder.mkdir(parents=True)
    (folder / ("METADATA" if folder.suffix == ".dist-info" else "PKG-INFO")).write_text(text)


@pytest.mark.parametrize("second", ["cafe-2.0.dist-info", "cafe.egg-info"])
def test_packages_side_by_side_say_nothing_of_one(tmp_path: Path, second: str) -> None:
    _distribution(tmp_path / "shop-1.0.dist-info")
    _distribution(tmp_path / second)
    assert target_of(tmp_path / "shop", tmp_path).origin == "default, the project names none"


def test_what_a_build_left_beside_the_code_yields_to_what_a_person_wrote_above_it(tmp_path: Path) -> None:
    (tmp_path / "setup.cfg").write_text("[options]\npython_requires = >=3.9\n")
    _distribution(tmp_path / "src" / "shop.egg-info")
    assert target_of(tmp_path / "src", tmp_path).origin == "setup.cfg python_requires >=3.9"


def test_what_is_told_below_the_headers_is_no_statement(tmp_path: Path) -> None:
    _distribution(tmp_path / "shop.egg-info", "Name: shop\n\nRequires-Python: >=3.6\n")
    assert target_of(tmp_path, tmp_path).origin == "default, the project names none"


def test_metadata_that_is_no_text_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "PKG-INFO").write_bytes(b"Requires-Python: >=3.6\nAuthor: \xff\n")
    assert target_of(tmp_path, tmp_path).origin == "default, the project names none"


@pytest.mark.parametrize(
    "name", ["shop-1.0.dist-info/METADATA", "shop.egg-info/PKG-INFO", "src/shop.egg-info/PKG-INFO"]
)
def test_an_unpacked_package_says_what_it_requires(tmp_path: Path, name: str) -> None:
    _distribution((tmp_path / name).parent)
    (tmp_path / "setup.py").write_text("setup(python_requires=compute())\n")
    target = target_of(tmp_path / "src" / "shop", tmp_path)
    assert (str(target), target.origin) == ("3.6-3.15", f"{name} Requires-Python >=3.6")


def test_an_unpacked_sdist_says_it_in_its_own_folder_first(tmp_path: Path) -> None:
    _distribution(tmp_path / "shop.egg-info")
    _distribution(tmp_path / "cafe.egg-info")
    (tmp_path / "PKG-INFO").write_text(
        "Classifier: Programming Language :: Python :: 3.6\nClassifier: Framework :: AsyncIO\n"
    )
    target = target_of(tmp_path, tmp_path)
    assert (str(target), target.origin) == ("3.6-3.15", "PKG-INFO classifiers, and newer")


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
        ("setup.py", "setup(python_requires='>={}'.format(compute()))\n", "3.8-3.15"),
        ("setup.py", "setup(python_requires='>={}.{}'.format(3))\n", "3.8-3.15"),
        ("setup.py", "LEAST = '3.10.0'\nsetup(python_requires='>={}'.format(LEAST))\n", "3.10-3.15"),
        ("setup.py", "LEAST = 3, 9\nsetup(python_requires='>=%d.%d' % LEAST)\n", "3.9-3.15"),
        ("setup.py", "LEAST = '3.7'\nsetup(python_requires=f'>={LEAST}')\n", "3.7-3.15"),
        ("setup.py", "LEAST = LEAST\nsetup(python_requires='>=' + LEAST)\n", "3.8-3.15"),
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
