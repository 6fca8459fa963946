"""How ``--help`` looks: options under headings, arguments by their names, and examples at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typer.core import TyperCommand, TyperGroup

OWN = "Options"  #: those of the command alone, and --help
HEADINGS: dict[str, frozenset[str]] = {
    OWN: frozenset(),
    "Rules": frozenset({"select", "ignore", "rules", "unsafe", "unsafe_rules", "only_fixes"}),
    "Files": frozenset({"exclude", "since", "baseline", "write_baseline", "config", "stdin_filename", "allow_dirty"}),
    "New code": frozenset({"target_version", "offload", "executor", "helpers"}),
    "What is known": frozenset({"python", "types", "evidence", "only_evidence"}),
    "Tests": frozenset({"test", "test_report", "test_budget", "test_timeout", "verify", "verdicts"}),
    "Output": frozenset({"quiet", "output_format", "output", "color", "statistics", "all", "group_by"}),
    "Limits": frozenset({"file_timeout", "memory_limit", "jobs", "no_cache", "strict"}),
}

EXAMPLES: dict[str, Sequence[tuple[str, str]]] = {
    "aiomend": (
        ("aiomend check", "what is wrong, and why"),
        ("aiomend diff", "what the safe fixes would change; with --unsafe, all fixes"),
        ("aiomend fix", "change it"),
        ("aiomend explain AIO401", "all about one rule"),
    ),
    "check": (
        ("aiomend check src", "the findings in one folder"),
        ("aiomend check --select AIO4 --statistics", "how many calls stop the event loop"),
        ("aiomend check --since main", "what a branch brings"),
        ("aiomend check --baseline known.json", "only what is new"),
    ),
    "diff": (
        ("aiomend diff | git apply", "what `aiomend fix` does, done by git"),
        ("aiomend diff --unsafe --select AIO401", "all that one rule would change"),
        ("aiomend diff --unsafe --group-by rule", "a patch for each rule"),
    ),
    "fix": (
        ("aiomend fix", "apply the safe fixes"),
        ("aiomend fix --interactive", "be asked for each fix"),
        ("aiomend fix --commit", "make one commit a rule"),
        ('aiomend fix --test "pytest -q"', "only what your tests pass with"),
        ("aiomend fix --unsafe-rules AIO401,AIO9", "also the unsafe fixes of rules that you accept"),
    ),
    "review": (("aiomend review --unsafe --output review.html", "a page on which somebody chooses"),),
    "pr": (("aiomend pr --dry-run", "everything that it would do, and nothing done"),),
    "suggest": (("aiomend suggest --pr 12 --dry-run", "every comment, and none made"),),
    "fleet": (
        ("aiomend fleet repos.toml --dry-run", "everything that it would do, and nothing done"),
        ("aiomend fleet repos.toml --subset 5", "the first five repositories, to see how they fare"),
        ("aiomend fleet repos.toml --filter 'acme/*'", "those of one owner"),
    ),
    "trace": (
        ("aiomend trace python app.py", "run it, and record what goes wrong"),
        ("aiomend trace report trace.jsonl", "tell what was recorded"),
        ("aiomend trace --slow 0.02 pytest", "the tests; what holds the loop for 20 ms is slow"),
    ),
    "verify": (
        ("aiomend verify pytest -q", "are the complaints gone once the safe fixes are in?"),
        ("aiomend verify --unsafe --runs 3 pytest", "all fixes; what happens now and then"),
    ),
    "rules": (("aiomend rules --rules house_rules.py", "with those of a file of yours"),),
    "explain": (("aiomend explain blocking-sleep", "a name will do"),),
    "cache": (("aiomend cache clear", "forget the reports of earlier runs"),),
    "config": (("aiomend config src/app.py", "what governs this file"),),
}


class Command(TyperCommand):
    """One command."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, and the options heading by heading."""
        arguments, groups = [], {heading: list[tuple[str, str]]() for heading in HEADINGS}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue  # hidden
            if parameter.param_type_name == "argument":
                arguments.append(((parameter.metavar or parameter.name or "").upper(), record[1]))
            else:
                name = parameter.name or ""
                groups[next((heading for heading, names in HEADINGS.items() if name in names), OWN)].append(record)
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl(arguments)
        for heading, records in groups.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples."""
        _write_examples(self.name, formatter)


class Group(TyperGroup):
    """All commands."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples."""
        _write_examples(self.name, formatter)


def _write_examples(name: str | None, formatter: Any) -> None:
    with formatter.section("Examples"):
        formatter.write_dl(EXAMPLES[name or ""], col_max=45)
