"""The formats that tools read: each keeps its own rules, whatever names and code the project holds."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest
from cli_helpers import commit_all
from typer.testing import CliRunner, Result

from aiomend.report import Skip
from aiomend_cli.app import app
from aiomend_cli.output.markdown import code

Run = Callable[..., Result]
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "report.schema.json").read_text())
SAFE = "future.set_result(1)\n"
BLOCKING = "import asyncio\nimport time\n\n\nasync def poll():\n    time.sleep(1)\n"


def closed(schema: Any) -> Any:
    """Return ``schema`` so that it allows no key that it does not describe."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        extended = "additionalProperties" in schema or "allOf" in schema
        result.setdefault("unevaluatedProperties" if extended else "additionalProperties", False)
    return result


def report_schema() -> Any:
    """Return the schema of the report, closed; a target is the one object that another one extends."""
    schema = copy.deepcopy(SCHEMA)
    strict = closed(schema)
    del strict["$defs"]["target"]["additionalProperties"]
    return strict


def real(*arguments: str) -> Result:
    """Run the command line with the real engine."""
    return CliRunner().invoke(app, list(arguments))


class TestJson:
    def test_the_schema_is_one(self) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_it_knows_every_reason_to_leave_a_file_alone(self) -> None:
        assert SCHEMA["$defs"]["kind"]["enum"] == [skip.name.lower().replace("_", "-") for skip in Skip]

    @pytest.mark.parametrize("broken", [{"version": 2}, {"findings": [{}]}, {"surprise": 1}])
    def test_what_it_refuses(self, project: Path, aiomend: Run, broken: dict[str, Any]) -> None:
        data = json.loads(aiomend("check", "-q", "--output-format", "json").stdout)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(data | broken, report_schema())

    @pytest.mark.parametrize("command", ["check", "diff", "fix"])
    def test_reports_fit_the_schema(self, repo: Path, aiomend: Run, command: str) -> None:
        Path("a.py").write_text(SAFE + "time.sleep(1)\nensure_future(x)\nrefuse(x)\n")
        Path("old.py").write_text("print 'x'\n")
        Path("crash.py").write_text("CRASH\n")
        commit_all()
        Path("dirty.py").write_text(SAFE)
        data = json.loads(aiomend(command, "-q", "--output-format", "json").stdout)
        jsonschema.validate(data, report_schema())
        assert data["summary"]["findings"] == 5

    def test_so_does_a_real_one_with_evidence(self, repo: Path) -> None:
        Path("a.py").write_text("import time\n\n\ndef load():\n    time.sleep(1)\n\n\nasync def poll():\n    load()\n")
        commit_all()
        data = json.loads(real("check", "-q", "--unsafe", "--output-format", "json").stdout)
        jsonschema.validate(data, report_schema())
        assert [len(finding["evidence"]) for finding in data["findings"]] != [0]


def sarif(*arguments: str) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(real("check", "-q", "--output-format", "sarif", *arguments).stdout)
    return log


def applied(text: str, fix: dict[str, Any]) -> str:
    """Return ``text`` with the replacements of a SARIF fix in it, by lines and columns as the log says them."""
    [change] = fix["artifactChanges"]
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]
    edits = []
    for replacement in change["replacements"]:
        region = replacement["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        edits.append((start, end, replacement.get("insertedContent", {"text": ""})["text"]))
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


class TestSarif:
    def test_nothing_found(self, project: Path) -> None:
        Path("a.py").write_text("x = 1\n")
        [run] = sarif()["runs"]
        assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])
        assert run["invocations"][0]["executionSuccessful"] is True

    def test_a_failure_is_told(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text("CRASH\n")
        [run] = json.loads(aiomend("check", "-q", "--output-format", "sarif").stdout)["runs"]
        [invocation] = run["invocations"]
        assert invocation["executionSuccessful"] is False
        assert [note["level"] for note in invocation["toolExecutionNotifications"]] == ["error"]

    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_fixes_are_the_fixes(self, repo: Path, end: str) -> None:
        text = ("# größe 変数 𝒳\n" + BLOCKING).replace("\n", end)
        Path("a.py").write_bytes(b"\xef\xbb\xbf" + text.encode())
        commit_all()
        [result] = sarif()["runs"][0]["results"]
        [fix] = result["fixes"]
        real("fix", "-q", "--unsafe")
        assert applied(text, fix) == Path("a.py").read_bytes().decode("utf-8-sig")

    def test_uris_are_relative_to_the_root_from_wherever_it_is_run(
        self, repo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = repo / "src dir"
        folder.mkdir()
        (folder / "größe#1%.py").write_text(BLOCKING)
        logs = [sarif()]
        monkeypatch.chdir(folder)
        logs.append(sarif("."))
        for log in logs:
            [result] = log["runs"][0]["results"]
            place = result["locations"][0]["physicalLocation"]["artifactLocation"]
            assert place["uriBaseId"] == "SRCROOT"
            assert unquote(place["uri"]) == "src dir/größe#1%.py"
            assert re.fullmatch(r"[A-Za-z0-9/%._-]+", place["uri"])

    def test_a_fingerprint_survives_moved_lines(self, project: Path) -> None:
        prints = []
        for text in (BLOCKING, "# one\n# two\n" + BLOCKING):
            Path("a.py").write_text(text)
            [result] = sarif()["runs"][0]["results"]
            prints.append(
                (result["partialFingerprints"], result["locations"][0]["physicalLocation"]["region"]["startLine"])
            )
        assert prints[0][0] == prints[1][0]
        assert prints[1][1] == prints[0][1] + 2

    def test_rules_help(self, project: Path) -> None:
        Path("a.py").write_text(BLOCKING)
        [run] = sarif()["runs"]
        [rule] = run["tool"]["driver"]["rules"]
        [result] = run["results"]
        assert (rule["id"], result["ruleId"], result["ruleIndex"]) == ("AIO401", "AIO401", 0)
        assert "Fix safety:" in rule["help"]["markdown"]
        assert rule["helpUri"].startswith("https://docs.python.org/")

    def test_fix_refuses_formats_that_name_lines(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(SAFE)
        for name in "sarif", "github":
            done = aiomend("fix", "--output-format", name)
            assert (done.exit_code, Path("a.py").read_text()) == (2, SAFE)
            assert "`aiomend check`" in done.stderr

    @pytest.mark.outside
    def test_the_multitool_has_nothing_to_say(self, repo: Path, tmp_path: Path) -> None:
        # It exits 0 on errors, so its own log is what counts.
        if shutil.which("npm") is None:
            pytest.skip("npm is not installed")
        install = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(tmp_path), "@microsoft/sarif-multitool"]
        subprocess.run(install, check=True, capture_output=True, timeout=600)
        folder = tmp_path / "node_modules" / "@microsoft"
        Path("lib").mkdir()
        Path("lib/größe [1].py").write_text(
            BLOCKING
            + "    calls[0](await time.sleep)\n\n\ndef load():\n    time.sleep(1)\n\n\nasync def f():\n    load()\n"
        )
        Path("old.py").write_text("print 'x'\n")
        log = tmp_path / "aiomend.sarif"
        real("check", "-q", "--output-format", "sarif", "--output", str(log))
        official = next(folder.glob("*/sarif-2.1.0.json"))
        jsonschema.validate(json.loads(log.read_text()), json.loads(official.read_text()))
        said = tmp_path / "said.sarif"
        tool = next(
            path
            for path in folder.glob("sarif-multitool-*/*")
            if path.name in ("Sarif.Multitool", "Sarif.Multitool.exe")
        )
        tool.chmod(0o755)  # npm may have been told to run no scripts of packages
        command = [str(tool), "validate", str(log), "--output", str(said), "--rule-kind", "Sarif;Ghas"]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        [run] = json.loads(said.read_text(encoding="utf-8-sig"))["runs"]
        assert run["invocations"][0]["executionSuccessful"] is True
        # SARIF2005 misses a page of the tool's own on the web, and there is none
        assert [(r["ruleId"], r["message"]) for r in run["results"] if r["ruleId"] != "SARIF2005"] == []


class TestGithub:
    def test_a_line_a_finding(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(f"x; {SAFE}time.sleep(1)\nensure_future(x)\n")
        assert aiomend("check", "-q", "--output-format", "github").stdout.splitlines() == [
            "::error file=a.py,line=1,endLine=1,col=4,endColumn=24,title=AIO201 guard-future-result"
            "::`future.set_result(1)` is a trap",
            "::warning file=a.py,line=2,endLine=2,col=1,endColumn=14,title=AIO401 blocking-sleep::`time.sleep(1)` is a trap",
            "::notice file=a.py,line=3,endLine=3,col=1,endColumn=17,title=AIO801 unchained-tasks"
            "::`ensure_future(x)` is a trap (nothing says that order is meant)",
        ]

    def test_no_name_and_no_code_begins_a_command(self, project: Path, aiomend: Run) -> None:
        Path("50%,a:b\n::stop.py").write_text("future.set_result('100%::x\x1b[2J')\n")
        [line] = aiomend("check", "-q", "--output-format", "github").stdout.splitlines()
        properties, data = line.removeprefix("::error ").split("::", 1)
        assert properties.split(",")[0] == "file=50%25%2Ca%3Ab\\n%3A%3Astop.py"
        assert data == r"`future.set_result('100%25::x\x1b[2J')` is a trap"

    def test_paths_are_relative_to_the_checkout(
        self, project: Path, aiomend: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (project / "sub").mkdir()
        (project / "sub" / "a.py").write_text(SAFE)
        monkeypatch.chdir(project / "sub")
        monkeypatch.setenv("GITHUB_WORKSPACE", str(project))
        assert "file=sub/a.py," in aiomend("check", "-q", "--output-format", "github").stdout


class TestMarkdown:
    @pytest.mark.parametrize(
        ("text", "span"), [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("a\x1b", r"`a\x1b`")]
    )
    def test_code_is_code_whatever_it_holds(self, text: str, span: str) -> None:
        assert code(text) == span

    def test_nothing_found(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text("x = 1\n")
        assert aiomend("check", "-q", "--output-format", "markdown").stdout == "## aiomend\n\nNo findings in 1 file.\n"

    def test_the_report(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text(f"{SAFE}ensure_future(x)\n")
        done = aiomend("check", "-q", "--output-format", "markdown").stdout.splitlines()
        assert done[2] == "2 findings in 1 of 1 file: 1 safe, 1 manual."
        assert "### `a.py`" in done
        assert "- **1:1** AIO201 `future.set_result(1)` is a trap *safe fix*" in done
        assert done[-1].endswith("*manual: nothing says that order is meant*")

    def test_code_in_a_message_cannot_leave_its_span(self, project: Path, aiomend: Run) -> None:
        Path("a.py").write_text("future.set_result('`<img src=x> @someone #1 [x](y)`')\n")
        item = aiomend("check", "-q", "--output-format", "markdown").stdout.splitlines()[-1]
        assert r"\<img src=x\> @" in item
        assert "@someone" not in item
        assert "#1" not in item
        assert r"\[x\](y)" in item
