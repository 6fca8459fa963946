"""Rules of other people's packages: what is refused, what is never run, and that they are rules like any other."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_helpers import commit_all
from typer.testing import CliRunner, Result

from aiomend_cli import rule_packages
from aiomend_cli.app import app

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "rule_package"
RULE = (EXAMPLE / "shop_rules" / "warehouse_in_coroutine.py").read_text()
OFFER = "import warehouse\n\n\nasync def offer(item):\n    return warehouse.stock(item) > 0\n"
BETTER = OFFER.replace("warehouse.stock", "await warehouse.stock_async")


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    before = set(sys.modules)
    rule_packages.known.cache_clear()
    yield
    rule_packages.known.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith(("shop_rules", "aiomend_rules_", "broken_")):
            del sys.modules[name]


@pytest.fixture
def rule_file(tmp_path: Path) -> Path:
    file = tmp_path / "house rules.py"
    file.write_text(RULE)
    return file


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Lay a package out as pip would, in a place where Python looks for packages."""
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(site)

    def install(name: str, prefix: str = "SHOP", module: str = "shop_rules", text: str = RULE) -> Path:
        metadata = site / f"{name.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[aiomend.rules]\n{prefix} = {module}\n")
        if ":" not in module:
            (site / f"{module}.py").write_text(text)
        return site

    return install


def run(*arguments: str | Path) -> Result:
    rule_packages.known.cache_clear()
    return CliRunner().invoke(app, list(map(str, arguments)))


# ---- what is refused: one message, and exit code 2 ---


def refusal(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert "Traceback" not in result.stderr
    return result.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"SHOP401"', '"AIO499"', "codes that begin with AIO are aiomend's own; choose another prefix"),
        ('"SHOP401"', '"ALL401"', "codes that begin with ALL are aiomend's own; choose another prefix"),
        ('"SHOP401"', '"shop401"', "its code 'shop401' is not letters, the number of a section of the guide"),
        ('"SHOP401"', '"SHOP1101"', "its code 'SHOP1101' is not letters, the number of a section of the guide"),
        ('"SHOP401"', "401", "its code 401 is not letters"),
        ('"warehouse-in-coroutine"', '"Warehouse"', "its name 'Warehouse' is not words in lower case with hyphens"),
        ('"warehouse-in-coroutine"', '"blocking-sleep"', "blocking-sleep is aiomend.rules.blocking"),
        ("safety = Safety.UNSAFE", "safety = 'unsafe'", "its safety is no aiomend.Safety"),
        ("safety = Safety.UNSAFE", "safety = Safety.SAFE", "it says that its fixes suspend, and such fixes are never"),
        ("impact = Impact.SLOW", "", "its impact is no aiomend.Impact"),
        ('frozenset({"warehouse"})', '{"warehouse"}', "its triggers are no frozenset of words"),
        ('frozenset({"warehouse"})', "frozenset()", "its triggers are no frozenset of words"),
        ("def find(", "def look(", "it has no method find()"),
        ("Fix safety:", "Safety:", "its docstring has no paragraph that begins with 'Fix safety:'"),
        ("Silent when", "Never", "its docstring has no paragraph that begins with 'Silent when'"),
        ("After:", "Then:", "its docstring has a program under 'Before:' without one under 'After:'"),
        ("class WarehouseInCoroutine(Rule)", "class WarehouseInCoroutine", "it defines no rule"),
    ],
)
def test_a_rule_that_is_not_as_it_has_to_be(rule_file: Path, project: Path, old: str, new: str, said: str) -> None:
    assert old in RULE
    rule_file.write_text(RULE.replace(old, new))
    message = refusal(run("check", "--rules", rule_file))
    assert message.startswith(f"aiomend: --rules {rule_file}: ")
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nowhere_to_be_found\n", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("def (:\n", "SyntaxError: invalid syntax"),
        ("raise SystemExit(0)\n", "SystemExit: 0"),
        ("class E(BaseException): pass\nraise E\n", "cannot be loaded: E"),
        ("", "it defines no rule, which is a subclass of aiomend.Rule with a code"),
        ("from aiomend.rules.blocking.blocking_sleep import BlockingSleep\n", "it defines no rule"),
    ],
)
def test_a_file_that_cannot_be_loaded(rule_file: Path, project: Path, text: str, said: str) -> None:
    rule_file.write_text(text)
    assert said in refusal(run("check", "--rules", rule_file))


def test_a_file_that_is_not_there(project: Path) -> None:
    assert refusal(run("rules", "--rules", "no.py")) == (
        f"aiomend: --rules {project}/no.py: cannot be read: No such file or directory\n"
    )


@pytest.mark.trust
def test_a_broken_package_is_named(installed: Callable[..., Path], project: Path) -> None:
    site = installed("broken-rules", module="broken_rules", text="import sys\n1 / 0\n")
    assert refusal(run("check")) == (
        "aiomend: rule package broken-rules 1.0 (SHOP = broken_rules) cannot be loaded: "
        f"ZeroDivisionError: division by zero\n  {site}/broken_rules.py, line 2\n"
    )


def test_announcements_that_cannot_be_read(installed: Callable[..., Path], project: Path) -> None:
    [file] = installed("shop-rules").glob("*.dist-info/entry_points.txt")
    file.write_bytes(b"[aiomend.rules]\nSHOP = \xff\n")
    message = refusal(run("check"))
    assert message.startswith("aiomend: rule package shop-rules 1.0 cannot be loaded: UnicodeDecodeError")


@pytest.mark.parametrize(
    ("prefix", "module", "said"),
    [
        ("shop", "shop_rules", "is the prefix of the codes, 2 to 10 capital letters and not AIO"),
        ("AIO", "shop_rules", "is the prefix of the codes, 2 to 10 capital letters and not AIO"),
        ("STORE", "shop_rules", "its codes begin with SHOP, and its entry point is named STORE"),
        ("SHOP", "shop_rules:RULES", "the entry point has to name a module"),
    ],
)
def test_an_entry_point_that_says_something_else(
    installed: Callable[..., Path], project: Path, prefix: str, module: str, said: str
) -> None:
    installed("shop-rules", prefix, module)
    message = refusal(run("rules"))
    assert message.startswith("aiomend: rule package shop-rules 1.0 (")
    assert said in message


def test_two_packages_with_one_prefix(installed: Callable[..., Path], rule_file: Path, project: Path) -> None:
    installed("shop-rules")
    message = refusal(run("check", "--rules", rule_file))
    assert "rule package shop-rules 1.0 (SHOP = shop_rules) and --rules" in message
    assert "both have rules with codes that begin with SHOP: use one of them" in message


def test_a_code_that_nobody_has_loaded(project: Path) -> None:
    Path("aiomend.toml").write_text('select = ["SHOP401"]\n')
    assert "no rule package with the prefix SHOP is loaded" in refusal(run("check"))


# ---- what is never run ---


@pytest.mark.trust
def test_no_configuration_names_rules(project: Path) -> None:
    Path("evil.py").write_text("raise SystemExit('run')\n")
    Path("aiomend.toml").write_text('rules = ["evil.py"]\n')
    assert "unknown key 'rules'" in refusal(run("check"))


@pytest.mark.trust
@pytest.mark.parametrize("folder", [".", "site-packages"])
def test_packages_of_a_scanned_project_are_none_of_aiomends(project: Path, folder: str) -> None:
    here = project / folder
    metadata = here / "evil-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[aiomend.rules]\nEVIL = evil\n")
    (here / "evil.py").write_text("open('ran', 'w')\n")
    code = "import sys; sys.path[:0] = ['', '.', sys.argv.pop()]; from aiomend_cli.app import main; main()"
    done = subprocess.run([sys.executable, "-c", code, "check", str(here)], cwd=here, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert not (here / "ran").exists()


# ---- rules like any other ---


def test_a_package_is_found_by_its_entry_point(installed: Callable[..., Path], repo: Path) -> None:
    installed("shop-rules")
    Path("offer.py").write_text(OFFER)
    commit_all()
    assert "SHOP401" in run("check").stdout
    assert run("fix", "--unsafe-rules", "SHOP").exit_code == 0
    assert Path("offer.py").read_text() == BETTER


def test_a_folder_that_is_on_the_path_twice_is_one(
    installed: Callable[..., Path], repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    site = installed("shop-rules")
    again = tmp_path / "lib64" / "site-packages"
    again.parent.mkdir()
    again.symlink_to(site)
    monkeypatch.syspath_prepend(again)
    assert run("rules").exit_code == 0


@pytest.mark.parametrize("terms", ["SHOP", "SHOP4", "SHOP401", "warehouse-in-coroutine", "shop401,AIO2"])
def test_they_are_selected_by_code_section_prefix_and_name(rule_file: Path, project: Path, terms: str) -> None:
    Path("offer.py").write_text(OFFER)
    assert run("check", "--rules", rule_file, "--select", terms).exit_code == 1
    assert run("check", "--rules", rule_file, "--ignore", terms).exit_code == 0


@pytest.mark.parametrize("terms", ["AIO", "AIO4", "SHOP2"])
def test_they_are_not_selected_by_what_names_others(rule_file: Path, project: Path, terms: str) -> None:
    Path("offer.py").write_text(OFFER)
    assert run("check", "--rules", rule_file, "--select", terms).exit_code == 0


def test_a_comment_silences_them_and_is_reported_once_it_does_not(rule_file: Path, project: Path) -> None:
    silenced = OFFER.replace("> 0", "> 0  # aiomend: ignore[SHOP401] it is cached")
    Path("offer.py").write_text(silenced)
    assert run("check", "--rules", rule_file).exit_code == 0
    Path("offer.py").write_text(silenced.replace("async def", "def"))
    assert (
        "AIO000 this comment silences nothing: no finding of SHOP401 here" in run("check", "--rules", rule_file).stdout
    )
    assert run("check").exit_code == 0  # without the rule nobody knows


def test_a_baseline_keeps_them_quiet(rule_file: Path, project: Path) -> None:
    Path("offer.py").write_text(OFFER)
    assert run("check", "--rules", rule_file, "--baseline", "known.json", "--write-baseline").exit_code == 0
    assert run("check", "--rules", rule_file, "--baseline", "known.json").exit_code == 0


def test_sarif_describes_them(rule_file: Path, project: Path) -> None:
    Path("offer.py").write_text(OFFER)
    [log] = json.loads(run("check", "--rules", rule_file, "--output-format", "sarif").stdout)["runs"]
    assert [rule["id"] for rule in log["tool"]["driver"]["rules"]] == ["SHOP401"]
    assert log["results"][0]["ruleIndex"] == 0


def test_they_are_listed_and_explained_with_who_brings_them(installed: Callable[..., Path], project: Path) -> None:
    installed("shop-rules")
    assert "  SHOP401   warehouse-in-coroutine" in (listed := run("rules").stdout)
    assert "SHOP... are rules of rule package shop-rules 1.0 (SHOP = shop_rules)." in listed
    told = {rule["code"]: rule["origin"] for rule in json.loads(run("rules", "--output-format", "json").stdout)}
    assert told["AIO401"] == "aiomend"
    assert told["SHOP401"] == "rule package shop-rules 1.0 (SHOP = shop_rules)"
    explained = run("explain", "warehouse-in-coroutine").stdout
    assert "From: rule package shop-rules 1.0 (SHOP = shop_rules)" in explained
    assert "Measured" not in explained


def test_the_review_page_describes_them(rule_file: Path, project: Path) -> None:
    Path("offer.py").write_text(OFFER)
    assert run("review", "--rules", rule_file).exit_code == 0
    assert "Ask the warehouse without stopping the event loop." in Path("review.html").read_text()


def test_what_a_rule_prints_is_no_report(rule_file: Path, project: Path) -> None:
    rule_file.write_text("print('loading')\n" + RULE.replace("for call in", "print('looking')\n        for call in"))
    Path("offer.py").write_text(OFFER)
    command = [sys.executable, "-m", "aiomend_cli", "check", "--output-format", "json", "--rules", str(rule_file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert [finding["code"] for finding in json.loads(done.stdout)["findings"]] == ["SHOP401"]
    assert "loading" in done.stderr


@pytest.mark.trust
def test_a_rule_that_fails_costs_its_file_only_and_is_named(rule_file: Path, project: Path) -> None:
    rule_file.write_text(RULE.replace("for call in", "1 / 0\n        for call in"))
    Path("offer.py").write_text(OFFER)
    Path("other.py").write_text("import time\n\n\nasync def nap():\n    time.sleep(1)\n")
    result = run("check", "--rules", rule_file)
    assert result.exit_code == 2
    assert "AIO401" in result.stdout
    assert "ZeroDivisionError: division by zero, in SHOP401" in result.output


def test_a_process_of_its_own_loads_them_too(rule_file: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aiomend_cli import isolation

    monkeypatch.setattr(isolation, "_may_fork", lambda: False)
    Path("offer.py").write_text(OFFER)
    assert "SHOP401" in run("check", "--rules", rule_file).stdout


# ---- the example that the documentation shows ---


def test_the_example_passes_its_own_tests(tmp_path: Path) -> None:
    paths = [ROOT / "codemods", ROOT / "cli", EXAMPLE]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(EXAMPLE), str(EXAMPLE)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
