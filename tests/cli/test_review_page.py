"""The review page in a real browser: what is shown, chosen and downloaded, and that nothing foreign ever runs."""

from __future__ import annotations

import functools
import html
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import git
from review_browser import aiomend, apply_both, download, fixable, index, launched, needs_browser, tick

from aiomend.model import Finding, FixData, Impact, Safety, TextEdit
from aiomend.report import FileResult, Report
from aiomend_cli.output.page import data
from aiomend_cli.output.page import page as html_of
from aiomend_cli.output.page.data import Review
from aiomend_cli.reviewing.cells import Observation, cells_of
from aiomend_cli.reviewing.rehearsal import Rehearsed
from aiomend_cli.runner import Run
from aiomend_cli.tested import TRACED

pytestmark = [pytest.mark.trust, needs_browser]

HOSTILE = "script><img src=x onerror=alert(1)>.py"  #: below a folder `<`, so that it reads `</script>`
FILES = {
    "app/__init__.py": b"",
    "app/poll.py": (
        b"import asyncio\nimport time\n\n\nasync def poll():\n    time.sleep(1)\n\n\n"
        b"async def again(url):\n    time.sleep(2)\n    print(url)\n"
    ),
    "app/windows.py": b"\xef\xbb\xbfimport time\r\n\r\n\r\nasync def wait():\r\n    time.sleep(1)  # \xc3\xa9",
    "app/latin.py": b"# coding: latin-1\nimport asyncio\n\n\nasync def go(future):\n    # \xe9\n    future.set_result('\xe9')\n",
    "app/answers.py": (
        b"import asyncio\n\n\nclass Bot:\n    def __init__(self):\n        loop = asyncio.get_event_loop()\n"
        b"        self.answer = loop.create_future()\n\n    def heard(self, text):\n        self.answer.set_result(text)\n\n"
        b"    async def run(self):\n        asyncio.create_task(self.tell())\n        await asyncio.wait_for(self.answer, 1)\n\n"
        b"    async def tell(self):\n        await asyncio.sleep(1)\n"
    ),
    f"app/</{HOSTILE}": (
        b"import asyncio\nimport time\n\n\nasync def poll():\n"
        b"    time.sleep('</script><script>alert(2)</script><!--')  # <img src=x onerror=alert(3)>\n"
    ),
    'app/na me\xe4\n\t".py': b"import time\n\n\nasync def poll():\n    time.sleep(1)\n",
    os.fsdecode(b"app/raw\xff.py"): b"import time\n\n\nasync def poll():\n    time.sleep(1)\n",
}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of files with odd names, encodings and line ends, and its review page beside it."""
    folder = tmp_path_factory.mktemp("review") / "repo"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    git("init", "-q", "-b", "main", cwd=folder)
    git("add", "-A", cwd=folder)
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "-q", "-m", "start", cwd=folder)
    aiomend("review", "--output", "../review.html", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched() as one:
        yield one


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page, and say at the end that nothing spoke, failed, asked for the network, or broke the policy."""
    trouble: list[str] = []
    contexts = []

    def visit(file: Path, **options: Any) -> Any:
        context = browser.new_context(**({"viewport": {"width": 1400, "height": 900}} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: (trouble.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("console", lambda message: trouble.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on(
            "request",
            lambda request: trouble.append(request.url) if request.url[:5] not in ("file:", "blob:") else None,
        )
        page.goto(file.as_uri())
        return page

    yield visit
    for context in contexts:
        context.close()
    assert trouble == []


@pytest.fixture
def page(visit: Callable[..., Any], sample: Path) -> Any:
    return visit(sample.parent / "review.html")


def chosen(page: Any) -> int:
    return int(re.match(r"\d+", page.locator("#count").inner_text())[0])


# ---- safety ---


def test_hostile_names_and_code_are_shown_as_text(page: Any) -> None:
    page.evaluate("() => document.querySelectorAll('section.file').forEach(one => one.scrollIntoView())")
    path = f"app/</{HOSTILE}"
    assert page.get_by_role("heading", name=path).count() == 1
    page.get_by_role("heading", name=path).scroll_into_view_if_needed()
    page.locator("td.code", has_text="alert(2)").first.wait_for()
    assert page.locator("img, script[src], iframe, link").count() == 0
    assert "alert(3)" in page.locator("td.code", has_text="alert(2)").first.text_content()


def test_the_policy_lets_nothing_else_run(visit: Callable[..., Any], sample: Path, tmp_path: Path) -> None:
    text = (sample.parent / "review.html").read_text()
    assert "default-src 'none'; script-src 'sha256-" in html.unescape(text)
    assert not re.search(r"unsafe-inline|unsafe-eval", text)
    (tmp_path / "more.html").write_text(text.replace("</head>", "<script>window.strange = 1</script></head>", 1))
    browser = visit(sample.parent / "review.html").context.browser
    context = browser.new_context()
    strange = context.new_page()
    strange.goto((tmp_path / "more.html").as_uri())
    assert strange.evaluate("() => window.strange ?? null") is None
    context.close()


# ---- choosing ---


def test_safe_fixes_are_chosen_to_begin_with(page: Any) -> None:
    fixes = index(page)["fixes"]
    safe = [fix for fix in fixes if fix["safety"] == "safe"]
    assert 0 < len(safe) < len(fixes)
    assert chosen(page) == len([fix for fix in safe if fix["chosen"]]) == len([fix for fix in fixes if fix["chosen"]])


def test_filters_hide_and_count(page: Any) -> None:
    fixes = index(page)["fixes"]
    page.get_by_label("safe", exact=False).first.uncheck()
    page.wait_for_function("() => [...document.querySelectorAll('.fix')].length > 0")
    assert f"{len([fix for fix in fixes if fix['safety'] == 'safe'])} not shown" in page.locator("#count").inner_text()
    page.fill("#search", "no such word")
    page.locator("#nothing").wait_for()
    page.click("#reset")
    page.fill("#search", "poll.py")
    assert [link.inner_text().split("\n")[0] for link in page.locator("#tree a").all() if link.is_visible()] == [
        "poll.py"
    ]


def test_only_what_is_shown_is_chosen_at_once(page: Any) -> None:
    page.click("#none")
    assert (chosen(page), page.locator("#patch").is_disabled()) == (0, True)
    page.fill("#search", "poll.py")
    page.click("#all")
    wanted = [
        fix
        for fix in index(page)["fixes"]
        if fix["fixable"] and index(page)["files"][fix["file"]]["path"] == "app/poll.py"
    ]
    assert chosen(page) == len(wanted) == 2


def test_the_keyboard_alone_is_enough(page: Any) -> None:
    page.click("#none")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    first = page.evaluate("() => document.activeElement.id")
    page.keyboard.press("x")
    assert (first, chosen(page)) == ("fix-0", 1 + len(index(page)["fixes"][0]["requires"]))
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("() => document.activeElement.id") == first
    page.keyboard.press("e")
    page.locator("#fix-0 .facts").wait_for()  # the browser says a moment later that they were opened
    page.keyboard.press("x")
    assert chosen(page) == 0
    page.keyboard.press("u")
    assert page.locator("table.diff.wide").count() > 0
    page.keyboard.press("/")
    page.keyboard.type("jax")
    assert (page.input_value("#search"), chosen(page)) == ("jax", 0)
    page.keyboard.press("Escape")
    page.fill("#search", "")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    assert chosen(page) == len(fixable(page))


def test_what_a_fix_builds_on_comes_and_goes_with_it(visit: Callable[..., Any], tmp_path: Path) -> None:
    review = large_review(1, 3)
    first, second, third = (one.id for one in review.run.report.findings)
    ties = {second: (first,), third: (second,)}
    (tmp_path / "tied.html").write_text(html_of(replace(review, requires=ties, chosen=frozenset())))
    page = visit(tmp_path / "tied.html")
    page.locator("#box-2").check()
    assert chosen(page) == 3
    assert page.locator("#message").inner_text() == "2 other fixes came along: what you chose builds on them."
    page.locator("#box-1").uncheck()
    assert chosen(page) == 1
    assert page.locator("#message").inner_text() == "1 other fix went along: it builds on what you dropped."
    page.locator("#fix-2 summary").click()
    page.locator("#fix-2 .facts").get_by_text("Builds on 1 other fix").wait_for()


def test_what_was_not_seen_has_no_patch(visit: Callable[..., Any], tmp_path: Path) -> None:
    """Nobody ran the engine with the first fix alone, and two runs do not agree on what it does."""
    review = large_review(2, 2)
    path = review.run.report.findings[0].path
    cells = {**review.rehearsed.cells}
    cells[path] = [
        replace(cells[path][0], table={"0": cells[path][0].table["0"]}, seen={"1": cells[path][0].table["1"]})
    ]
    (tmp_path / "open.html").write_text(html_of(replace(review, rehearsed=replace(review.rehearsed, cells=cells))))
    page = visit(tmp_path / "open.html")
    page.click("#all")
    assert download(page, "#patch", tmp_path / "all.patch").read_text().count("\n+++ ") == 2
    page.locator("#box-3").uncheck()
    page.click("#patch")
    dialog = page.get_by_role("dialog", name="This choice needs aiomend itself")
    assert f"{path}:1" in dialog.inner_text()
    assert download(page, "#inexact button:has-text('Drop')", tmp_path / "some.patch").read_text().count("\n+++ ") == 1
    assert chosen(page) == 2


def test_the_choice_is_there_again_after_a_reload(page: Any) -> None:
    tick(page, fixable(page)[:1])
    before = chosen(page)
    other = page.context.new_page()
    other.goto(page.url)
    other.wait_for_function("() => localStorage.length > 0")  # the browser keeps it for other pages a moment later
    other.close()
    page.reload()
    assert chosen(page) == before
    page.get_by_role("button", name="Start over").click()
    assert chosen(page) == len([fix for fix in index(page)["fixes"] if fix["chosen"]])


def test_context_grows(page: Any) -> None:
    page.locator("button.expand").first.wait_for()
    before = page.locator(".card").first.locator("tr").count()
    page.locator("button.expand").first.click()
    assert page.locator(".card").first.locator("tr").count() > before - 1


# ---- what is taken away ---


@pytest.mark.parametrize("which", ["all", "first", "second half", "every other"])
def test_the_patch_is_what_fix_writes_with_the_selection(page: Any, sample: Path, tmp_path: Path, which: str) -> None:
    numbers = fixable(page)
    picked = {
        "all": numbers,
        "first": numbers[:1],
        "second half": numbers[len(numbers) // 2 :],
        "every other": numbers[::2],
    }[which]
    tick(page, picked)
    selection = download(page, "#selection", tmp_path / "selection.json")
    patch = download(page, "#patch", tmp_path / "aiomend.patch")
    ids = json.loads(selection.read_text())["fixes"]
    assert {index(page)["fixes"][number]["id"] for number in picked} <= set(ids)
    patched, fixed = apply_both(sample, patch, selection, tmp_path)
    assert patched == fixed


def test_commands_are_told(page: Any, tmp_path: Path) -> None:
    download(page, "#selection", tmp_path / "selection.json")
    assert "aiomend fix --only-fixes aiomend-selection.json" in page.locator("#message").inner_text()


# ---- for everybody ---


@pytest.mark.outside
@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 390])
@pytest.mark.parametrize("which", ["sample", "watched"])
def test_axe_has_no_complaint(
    visit: Callable[..., Any], request: pytest.FixtureRequest, axe: str, colours: str, width: int, which: str
) -> None:
    view = {"viewport": {"width": width, "height": 900}, "color_scheme": colours}
    page = visit(request.getfixturevalue(which).parent / "review.html", bypass_csp=True, **view)
    page.locator(".card").first.wait_for()
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true })")
    page.evaluate(axe)
    found = page.evaluate("() => axe.run(document)")["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The checks of axe-core, which look at contrast, names, roles and order."""
    folder = tmp_path_factory.mktemp("axe")
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), "axe-core"]
    if subprocess.run(install, capture_output=True, check=False, timeout=300).returncode:
        pytest.skip("npm brings no axe-core")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text()


def test_a_phone_shows_one_column_that_fits(visit: Callable[..., Any], sample: Path) -> None:
    page = visit(sample.parent / "review.html", viewport={"width": 390, "height": 844})
    page.locator(".card").first.wait_for()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert not page.locator("#filters").is_visible()
    page.get_by_text("Filters and files").click()
    page.locator("#filters").wait_for()


def test_colours_follow_the_system_until_somebody_chooses(visit: Callable[..., Any], sample: Path) -> None:
    page = visit(sample.parent / "review.html", color_scheme="dark")
    theme = "() => document.documentElement.dataset.theme"
    assert page.evaluate(theme) == "dark"
    page.click("#theme")
    page.reload()
    assert page.evaluate(theme) == "light"


def test_print_has_every_change_in_light_and_no_buttons(visit: Callable[..., Any], sample: Path) -> None:
    page = visit(sample.parent / "review.html", color_scheme="dark")
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".fix").count() == len(index(page)["fixes"])
    assert not any(one.is_visible() for one in page.locator("button").all())
    assert page.evaluate("() => document.documentElement.dataset.theme") == "light"
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    assert page.evaluate("() => document.documentElement.dataset.theme") == "dark"


# ---- what a program was seen to do ---


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a review with a table of complaints, some of them about a file whose name is markup."""
    folder = tmp_path_factory.mktemp("watched") / "repo"
    folder.mkdir()
    program = "import asyncio, time\n\n\nasync def main():\n    time.sleep(0.2)\n\n\nasyncio.run(main())\n"
    for name in ("bad<img src=x onerror=alert(1)>.py", "app.py"):
        (folder / name).write_text(program)
    command = f"{sys.executable} -c \"import runpy; [runpy.run_path(one) for one in ('app.py', 'bad<img src=x onerror=alert(1)>.py')]\""
    aiomend("review", "--unsafe", "--verify", command, "--output", "../review.html", cwd=folder)
    return folder


def test_what_a_program_was_seen_to_do_is_a_table_of_text(visit: Callable[..., Any], watched: Path) -> None:
    page = visit(watched.parent / "review.html")
    region = page.get_by_role("region", name="Complaints")
    assert [head.inner_text() for head in region.get_by_role("columnheader").all()] == list(TRACED)
    sites = [site.inner_text() for site in region.get_by_role("rowheader").all()]
    assert sorted(sites) == ["app.py:5", "bad<img src=x onerror=alert(1)>.py:5"]
    first = region.get_by_role("row").nth(1).inner_text().split("\t")
    assert (first[1], *first[3:]) == ("blocking-call", "-", "AIO401", "gone")


def test_the_table_scrolls_on_a_phone_and_is_printed_whole(visit: Callable[..., Any], watched: Path) -> None:
    page = visit(watched.parent / "review.html", viewport={"width": 390, "height": 844})
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    wide = "() => { const one = document.querySelector('#traced .scroll'); return one.scrollWidth > one.clientWidth }"
    assert page.evaluate(wide)
    page.emulate_media(media="print")
    assert not page.evaluate(wide)
    assert page.get_by_role("rowheader", name="app.py:5", exact=True).is_visible()


def test_a_page_without_a_program_has_no_table(page: Any) -> None:
    assert page.locator("#traced").count() == 0


# ---- a thousand files ---


def large_review(files: int, fixes: int) -> Review:
    """Return the review of many files of 90 lines, with some fixes each."""
    lines = [f"    value_{number} = compute(number, {number})  # step {number}\n" for number in range(90)]
    text = "".join(lines)
    findings, results, cells = [], [], {}
    for number in range(files):
        path = f"package_{number % 40}/part_{number % 7}/module_{number}.py"
        edits = []
        for at in range(fixes):
            start = sum(map(len, lines[: at * 10]))
            edits.append(TextEdit(path, start, start + len(lines[at * 10]), f"    await compute({at})\n"))
            name = f"{number:06x}{at:06x}"
            findings.append(
                Finding(
                    name, ("AIO401", "AIO201")[at % 2], ("blocking-sleep", "guard-future-result")[at % 2], 4,
                    Impact(at % 4), f"`compute({at})` stops the event loop", path, at * 10 + 1, 5, at * 10 + 1, 20,
                    (Safety.SAFE, Safety.UNSAFE)[at % 2], True, None, "https://docs.python.org/3.6/", (),
                    FixData(Safety.SAFE, (edits[-1],)),
                )
            )  # fmt: skip
        new = lines.copy()
        for at in range(fixes):
            new[at * 10] = f"    await compute({at})\n"
        results.append(FileResult(path, text.encode(), "".join(new).encode(), edits=tuple(edits)))
    findings.sort(key=lambda one: (one.path, one.line))
    ids = frozenset(one.id for one in findings)
    seen = [Observation(frozenset(), {}), Observation(ids, {one.path: one.edits for one in results})]
    by_path = {path: list(group) for path, group in itertools.groupby(findings, lambda one: one.path)}
    cells = {path: cells_of(path, text, of_file, seen) for path, of_file in by_path.items()}
    return Review(
        "large", Run((), Report(tuple(findings), tuple(results), checked=files), ()), frozenset(list(ids)[:100]), {},
        Rehearsed(tuple(one.chosen for one in seen), cells), {one.path: one.old for one in results}, None,
        "aiomend fix --only-fixes aiomend-selection.json", {},
    )  # fmt: skip


def test_a_thousand_files_are_there_at_once(
    visit: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is near is made: the page's own work before its first view does not grow with the code in it."""
    once = functools.cache(data.coloured)  # these files read alike, and colouring each takes longer than all the rest
    monkeypatch.setattr(data, "coloured", lambda lines: once(tuple(lines)))
    (tmp_path / "large.html").write_text(html_of(large_review(1000, 8)))
    page = visit(tmp_path / "large.html")
    assert page.locator("#count").inner_text() == "100 of 8,000 fixes chosen"
    page.locator(".card").first.wait_for()
    assert page.locator("section.file").count() == 1000
    assert 0 < page.locator(".card").count() <= 80
    page.keyboard.press("a")
    assert page.locator("#count").inner_text() == "8,000 of 8,000 fixes chosen"
    page.fill("#search", "module_999")
    assert page.locator("section.file h2:visible").all_inner_texts() == ["package_39/part_5/module_999.py"]
    patch = download(page, "#patch", tmp_path / "aiomend.patch").read_text()
    assert patch.count("\n+++ ") == 1000
