// The page: sections of files that are filled when somebody comes near, the bar below, and what ties the rest together.

import { counted, element, fileData, fixesOfFile, index, recall, remember, sentence } from "./store.js";
import { patchOf } from "./patch.js";
import { begin, chosen, ids, onChange, set, startOver } from "./selection.js";
import { cardElement, cardsOf, refresh, sharedElement } from "./cards.js";
import { countFilters, passes, resetFilters, showFilters } from "./filters.js";
import { countTree, markFile, showTree } from "./tree.js";
import { explain, listen, showHelp } from "./keys.js";

const $ = (id) => document.getElementById(id);
const NARROW = matchMedia("(max-width: 800px)");

const sections = []; // by the number of a file
const filled = new Set();
const shown = new Set(); // the fixes that pass the filters
let wantsSplit = recall("layout") === "split";
let current = null; // the fix that the keys are at

const isWide = () => wantsSplit && !NARROW.matches;

// ---- sections ---

function section(file) {
  const { path, created } = index.files[file];
  const count = element("span", { class: "count" });
  const title = element("h2", { id: `name-${file}` }, element("span", { class: "path" }, path), created ? element("span", { class: "badge" }, "new") : null);
  const body = element("div", { class: "body" });
  body.style.minHeight = `${Math.max(1, fixesOfFile[file].length) * 14}rem`;
  const made = element("section", { class: "file", id: `file-${file}`, tabIndex: -1, "aria-labelledby": `name-${file}` }, element("header", {}, title, count), body);
  made.dataset.file = file;
  return { made, body, count };
}

function fill(file) {
  if (filled.has(file)) return;
  filled.add(file);
  const { body } = sections[file];
  body.style.minHeight = "";
  body.replaceChildren(...cardsOf(file).map((card) => cardElement(card, isWide())), shared(file));
  showCards(file);
}

function shared(file) {
  const made = element("div", { class: "shared-place" });
  const content = sharedElement(file, isWide());
  if (content) made.append(content);
  const foreign = index.fixes.filter((fix) => fix.file !== file && fix.files.includes(file)).length;
  if (!content && !fixesOfFile[file].length) {
    made.append(element("p", { class: "note" }, index.files[file].created ? "It is made when a fix that needs it is chosen." : `${counted(foreign, "fix")} of other files change this one; the changes are shown there.`));
  }
  return made;
}

function showCards(file) {
  for (const card of sections[file].body.querySelectorAll(".card")) {
    const fixes = card.dataset.fixes.split(",").map(Number);
    card.hidden = !fixes.some((fix) => shown.has(fix));
    for (const fix of fixes) card.querySelector(`#fix-${fix}`).classList.toggle("aside", !shown.has(fix));
  }
}

function isVisible(file) {
  return fixesOfFile[file].some((fix) => shown.has(fix)) || (!fixesOfFile[file].length && shown.size > 0);
}

// ---- numbers ---

function filterAll() {
  shown.clear();
  index.fixes.forEach((fix, number) => passes(number) && shown.add(number));
  sections.forEach(({ made }, file) => {
    made.hidden = !isVisible(file);
    if (filled.has(file)) showCards(file);
  });
  $("nothing").hidden = shown.size > 0 || !index.fixes.length;
  if (current !== null && !shown.has(current)) current = null;
  countAll();
}

function countAll() {
  countFilters();
  countTree((fix) => shown.has(fix), (fix) => chosen.has(fix), isVisible);
  sections.forEach(({ count }, file) => {
    const fixes = fixesOfFile[file].filter((fix) => index.fixes[fix].fixable);
    const manual = fixesOfFile[file].length - fixes.length;
    const words = [fixes.length ? `${fixes.filter((fix) => chosen.has(fix)).length} of ${counted(fixes.length, "fix")} chosen` : null, manual ? `${manual} for a person` : null];
    count.textContent = words.filter(Boolean).join(", ");
  });
  const fixable = index.fixes.filter((fix) => fix.fixable).length;
  const hidden = index.fixes.length - shown.size;
  $("count").textContent = `${chosen.size.toLocaleString("en")} of ${counted(fixable, "fix")} chosen${hidden ? `; ${hidden.toLocaleString("en")} not shown` : ""}`;
  $("patch").disabled = $("selection").disabled = chosen.size === 0;
}

let timer = null;

/** Say something for a few seconds, also to screen readers. */
function say(...content) {
  $("message").replaceChildren(...content);
  $("message").hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => ($("message").hidden = true), 12000);
}

// ---- choosing ---

function choose(numbers, isChosen) {
  const along = set(numbers, isChosen);
  const others = counted(along, "other fix");
  if (along && isChosen) say(`${others} came along: what you chose builds on ${along === 1 ? "it" : "them"}.`);
  else if (along) say(`${others} went along: ${along === 1 ? "it builds" : "they build"} on what you dropped.`);
}

onChange((changed) => {
  const files = new Set(changed.flatMap((fix) => [index.fixes[fix].file, ...index.fixes[fix].files]));
  const wanted = new Set(changed);
  for (const file of files) {
    if (!filled.has(file)) continue;
    sections[file].body.querySelectorAll(".card").forEach((card) => {
      if (card.dataset.fixes.split(",").some((fix) => wanted.has(Number(fix)))) refresh(card, isWide());
    });
    sections[file].body.querySelector(".shared-place").replaceWith(shared(file));
  }
  countAll();
});

// ---- going through ---

function go(fix) {
  current = fix;
  const { file } = index.fixes[fix];
  fill(file);
  const row = $(`fix-${fix}`);
  row.focus({ preventScroll: true });
  row.closest(".card").scrollIntoView({ block: "start" });
  markFile(file);
}

function step(by) {
  const order = [...shown];
  if (!order.length) return;
  const at = current === null ? (by > 0 ? -1 : order.length) : order.indexOf(current);
  const next = Math.min(Math.max(at + by, 0), order.length - 1);
  go(order[next]);
}

function flip() {
  if (current === null) return;
  if (!index.fixes[current].fixable) say("There is no fix for this one: it is for a person to change.");
  else choose([current], !chosen.has(current));
}

function followHash() {
  const [, kind, number] = location.hash.match(/^#(fix|file)-(\d+)$/) ?? [];
  if (kind === "fix" && index.fixes[number]) {
    if (!shown.has(Number(number))) resetFilters();
    go(Number(number));
  } else if (kind === "file" && sections[number]) {
    if (sections[number].made.hidden) resetFilters();
    fill(Number(number));
    sections[number].made.scrollIntoView();
    sections[number].made.focus({ preventScroll: true });
    markFile(Number(number));
  }
}

// ---- files to take away ---

function download(name, pieces, type) {
  const url = URL.createObjectURL(new Blob(pieces, { type }));
  const link = element("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

function takeSelection() {
  download("aiomend-selection.json", [JSON.stringify({ version: 1, fixes: ids() }) + "\n"], "application/json");
  say("Apply it with ", element("code", {}, index.command));
}

function named(fixes) {
  return fixes.slice(0, 8).map((fix) => {
    const { rule, file, line } = index.fixes[fix];
    return element("li", {}, `${index.rules[rule].code} at `, element("span", { class: "path" }, `${index.files[file].path}:${line}`));
  });
}

function action(label, act, kind = "") {
  const button = element("button", { type: "button", class: kind }, label);
  button.addEventListener("click", () => {
    $("inexact").close();
    act();
  });
  return button;
}

/** Say that there is no patch of this choice here, and what there is instead. */
function offerOthers(culprits) {
  const more = culprits.length > 8 ? element("li", {}, `and ${culprits.length - 8} more`) : null;
  explain(
    $("inexact"),
    "This choice needs aiomend itself",
    element("p", {}, "Some of the chosen fixes work together in a way that this page was not shown, and it does not guess:"),
    element("ul", {}, ...named(culprits), more),
    element("p", {}, "The selection is exact in any case: download it and run ", element("code", {}, index.command), ". Or take a patch without these fixes."),
    action("Download selection", takeSelection, "primary"),
    action(`Drop ${culprits.length === 1 ? "it" : `these ${culprits.length}`} and download patch`, () => {
      choose(culprits, false);
      takePatch();
    }),
  );
}

function takePatch() {
  const { pieces, unknown, culprits } = patchOf(chosen);
  if (unknown.length) return offerOthers(culprits);
  if (!pieces.length) return say("This choice changes nothing.");
  download("aiomend.patch", pieces, "text/x-diff");
  say("Apply it with ", element("code", {}, "git apply aiomend.patch"), index.base ? ` in ${index.base}` : "");
}

// ---- views ---

function layout(isSplit) {
  wantsSplit = isSplit;
  remember("layout", isSplit ? "split" : "unified");
  $("unified").setAttribute("aria-pressed", String(!isSplit));
  $("split").setAttribute("aria-pressed", String(isSplit));
  const files = [...filled];
  filled.clear();
  files.forEach(fill);
  if (current !== null) go(current);
}

function theme(name) {
  document.documentElement.dataset.theme = name;
  $("theme").textContent = name === "dark" ? "Light" : "Dark";
  $("theme").setAttribute("aria-label", `Switch to ${name === "dark" ? "light" : "dark"} colours`);
}

function system() {
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function intro(isRestored) {
  const fixable = index.fixes.filter((fix) => fix.fixable);
  const manual = index.fixes.length - fixable.length;
  const files = new Set(fixable.map((fix) => fix.file)).size;
  const lead = index.fixes.length ? `${counted(fixable.length, "fix")} in ${counted(files, "file")}` : "No findings";
  const of = (name) => fixable.filter((fix) => fix.safety === name).length;
  $("intro").append(
    element("p", { class: "lead" }, lead, manual ? element("span", { class: "quiet" }, ` and ${counted(manual, "finding")} for a person`) : ""),
    element("p", { class: "quiet" }, fixable.length ? `${of("safe")} safe, ${of("unsafe")} unsafe. ` : "", `${counted(index.checked, "file")} read, for ${index.targets.join("; ")}, by aiomend ${index.tool}.`),
  );
  if (isRestored) {
    const button = element("button", { type: "button", class: "link" }, "Start over");
    const note = element("p", { class: "note" }, "Your choice of last time is back. ", button);
    button.addEventListener("click", () => {
      startOver();
      note.remove();
    });
    $("intro").append(note);
  }
  const left = index.skipped.map(({ reason, count, paths }) => element("li", {}, `${counted(count, "file")}: ${reason}`, element("span", { class: "quiet" }, ` (${paths.join(", ")}${count > paths.length ? ", …" : ""})`)));
  const notes = [...index.notes.map((note) => element("li", {}, ...sentence(note))), ...left];
  if (notes.length) $("intro").append(element("details", {}, element("summary", {}, left.length ? "Notes, and files left alone" : "Notes"), element("ul", {}, ...notes)));
}

function start() {
  const isRestored = begin();
  index.files.forEach((file, number) => sections.push(section(number)));
  const near = new IntersectionObserver((entries) => entries.forEach((entry) => entry.isIntersecting && fill(Number(entry.target.dataset.file))), { rootMargin: "800px" });
  $("files").append(...sections.map(({ made }) => made));
  intro(isRestored);
  showFilters($("filters"), filterAll);
  showTree($("tree"));
  filterAll();
  sections.forEach(({ made }) => near.observe(made));

  $("side-details").open = !NARROW.matches;
  $("unified").addEventListener("click", () => layout(false));
  $("split").addEventListener("click", () => layout(true));
  layout(wantsSplit);
  theme(recall("theme") ?? system());
  $("theme").addEventListener("click", () => {
    theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    remember("theme", document.documentElement.dataset.theme);
  });
  NARROW.addEventListener("change", () => layout(wantsSplit));
  $("help-button").addEventListener("click", () => showHelp($("help")));
  $("reset").addEventListener("click", resetFilters);
  $("all").addEventListener("click", () => choose([...shown], true));
  $("none").addEventListener("click", () => choose([...shown], false));
  $("selection").addEventListener("click", takeSelection);
  $("patch").addEventListener("click", takePatch);
  $("files").addEventListener("change", ({ target }) => choose([Number(target.id.slice("box-".length))], target.checked));
  $("files").addEventListener("focusin", (event) => {
    const row = event.target.closest(".fix");
    if (row) current = Number(row.id.slice("fix-".length));
  });
  addEventListener("hashchange", followHash);
  addEventListener("beforeprint", () => {
    index.files.forEach((file, number) => isVisible(number) && fill(number));
    document.documentElement.dataset.theme = "light"; // paper is white
  });
  addEventListener("afterprint", () => theme(recall("theme") ?? system()));
  listen({
    j: () => step(1),
    k: () => step(-1),
    x: flip,
    a: () => choose([...shown], true),
    e: () => current !== null && $(`fix-${current}`)?.querySelector(".why > summary").click(),
    u: () => layout(!wantsSplit),
    "/": () => {
      $("side-details").open = true;
      $("search").focus();
    },
    "?": () => showHelp($("help")),
  });
  followHash();
}

start();
