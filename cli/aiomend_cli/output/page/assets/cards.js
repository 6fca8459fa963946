// Cards: the fixes that share a place, with what they say for themselves and what they change.

import { counted, element, fileData, fixesOfFile, index, sentence } from "./store.js";
import { fullState, stateOf } from "./patch.js";
import { chosen, withRequired } from "./selection.js";
import { diffTable } from "./diff.js";

const IMPACTS = { bug: "wrong today", hang: "can stop for good", slow: "stops the event loop for a while", tidy: "works, with complaints" };
const SAFETIES = {
  safe: "aiomend is sure",
  unsafe: "adds a suspension point, moves work to a thread, or rests on a guess",
  manual: "for a person to change",
  refused: "its result did not pass a proof",
};

const cardsOfFile = new Map();

/** The cards of a file, each a list of fixes; fixes that own the same cell share one. */
export function cardsOf(file) {
  if (!cardsOfFile.has(file)) {
    const group = new Map(fixesOfFile[file].map((fix) => [fix, new Set([fix])]));
    for (const cell of fileData(file).cells) {
      const here = cell.owners.filter((fix) => group.has(fix));
      for (const fix of here.slice(1)) {
        const joined = new Set([...group.get(here[0]), ...group.get(fix)]);
        joined.forEach((one) => group.set(one, joined));
      }
    }
    const cards = [...new Set(group.values())].map((fixes) => [...fixes].sort((a, b) => a - b));
    cardsOfFile.set(file, cards);
  }
  return cardsOfFile.get(file);
}

function badge(kind, word, title) {
  return element("span", { class: `badge ${kind}-${word}`, title }, word);
}

function placeLink(file, path, line) {
  const words = `${path}:${line}`;
  if (file === null) return element("span", { class: "path" }, words);
  return element("a", { class: "path", href: `#file-${file}` }, words);
}

/** The code of a line that the page has; null for others. */
function excerpt({ file, line }) {
  const code = file === null ? undefined : fileData(file).lines[line - 1]?.trim();
  return code ? element("div", { class: "excerpt" }, element("code", {}, code)) : null;
}

function evidence(fix) {
  if (!fix.evidence.length) return null;
  const items = fix.evidence.map((item) => element("li", {}, placeLink(item.file, item.path, item.line), " ", ...sentence(item.note), excerpt(item)));
  return element("div", { class: "fact" }, element("h3", {}, "How aiomend knows"), element("ol", { class: "chain" }, ...items));
}

function requirements(fix) {
  const others = fix.requires.map((one) => index.fixes[one]);
  if (!others.length) return null;
  const items = others.slice(0, 8).map((other, at) =>
    element("li", {}, element("a", { class: "path", href: `#fix-${fix.requires[at]}` }, `${index.rules[other.rule].code} at ${index.files[other.file].path}:${other.line}`)),
  );
  const more = others.length > 8 ? element("li", {}, `and ${others.length - 8} more`) : null;
  return element("div", { class: "fact" }, element("h3", {}, `Builds on ${counted(others.length, "other fix")}, which come along`), element("ul", {}, ...items, more));
}

function facts(fix) {
  const rule = index.rules[fix.rule];
  const reason = fix.reason ? element("div", { class: "fact" }, element("h3", {}, fix.fixable ? "Why it is not safe" : "Why there is no fix"), element("p", {}, ...sentence(fix.reason))) : null;
  const about = element(
    "div",
    { class: "fact" },
    element("h3", {}, "The rule"),
    element("p", {}, rule.summary ? `${rule.summary} ` : "", element("a", { href: fix.url, rel: "noreferrer", target: "_blank" }, `Guide: ${rule.section || "Develop with asyncio"}`)),
  );
  return element("div", { class: "facts" }, reason, evidence(fix), requirements(fix), about);
}

/** One fix: its box, badges, message, and the reasons below. */
function fixRow(number) {
  const fix = index.fixes[number];
  const rule = index.rules[fix.rule];
  const name = `fix-${number}-message`;
  const box = fix.fixable
    ? element("input", { type: "checkbox", id: `box-${number}`, checked: chosen.has(number), "aria-describedby": name, "aria-label": `Choose ${rule.code} at line ${fix.line}` })
    : element("span", { class: "nobox", title: SAFETIES[fix.safety] }, "–");
  const line = element(
    "div",
    { class: "fix-line" },
    badge("impact", fix.impact, IMPACTS[fix.impact] ?? ""),
    badge("safety", fix.safety, SAFETIES[fix.safety] ?? ""),
    element("span", { class: "rule" }, `${rule.code} ${rule.name}`),
    element("span", { class: "place" }, `line ${fix.line}`),
  );
  const details = element("details", { class: "why" }, element("summary", {}, fix.evidence.length ? "Reasons and evidence" : "Reasons"));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(facts(fix));
  });
  return element(
    "div",
    { class: "fix", id: `fix-${number}`, tabIndex: -1, role: "group", "aria-label": `${rule.code} ${rule.name}, line ${fix.line}, ${fix.impact}, ${fix.safety}` },
    box,
    element("div", { class: "fix-body" }, line, element("p", { class: "message", id: name }, ...sentence(fix.message)), fix.reason ? element("p", { class: "reason" }, ...sentence(fix.reason)) : null, details),
  );
}

/** The places that a card changes, by file, under the choice; or what it would change, where none of it is chosen. */
function placesOf(card) {
  const files = new Set([index.fixes[card[0]].file, ...card.flatMap((fix) => index.fixes[fix].files)]);
  const isChosen = card.some((fix) => chosen.has(fix));
  const selection = isChosen ? chosen : new Set([...chosen, ...withRequired(card.filter((fix) => index.fixes[fix].fixable))]);
  const found = new Map();
  let isKnown = true;
  for (const file of files) {
    const cells = fileData(file).cells.filter((cell) => cell.owners.some((owner) => card.includes(owner)));
    const places = cells.map((cell) => {
      let state = stateOf(cell, selection);
      if (state === undefined) {
        isKnown = false;
        state = fullState(cell);
      }
      return { start: cell.start, end: cell.end, state };
    });
    if (places.length) found.set(file, places);
  }
  return { found, isChosen, isKnown };
}

function changes(card, isWide) {
  const own = index.fixes[card[0]].file;
  const { found, isChosen, isKnown } = placesOf(card);
  const parts = [];
  for (const [file, places] of found) {
    const path = index.files[file].path;
    if (file !== own) parts.push(element("p", { class: "also" }, "also in ", placeLink(file, path, places[0].start + 1)));
    parts.push(diffTable(fileData(file), places, isWide, `Changes to ${path}, line ${places[0].start + 1}`));
  }
  if (!parts.length) {
    const data = fileData(own);
    const [first, last] = data.places[card[0]];
    parts.push(diffTable(data, [{ start: first, end: Math.min(last + 1, first + 12), state: null }], isWide, `Code of ${index.files[own].path}, line ${first + 1}`));
  }
  if (!isKnown) parts.push(element("p", { class: "note" }, ...sentence("Shown with all of the fixes here: what this choice of them makes is worked out by `aiomend fix --only-fixes`.")));
  const box = element("div", { class: isChosen || !card.some((fix) => index.fixes[fix].fixable) ? "changes" : "changes idle" }, ...parts);
  return box;
}

/** A card as an article; `card.dataset.fixes` names its fixes. */
export function cardElement(card, isWide) {
  const made = element("article", { class: "card" }, ...card.map(fixRow), changes(card, isWide));
  made.dataset.fixes = card.join();
  return made;
}

/** Bring a card that is shown up to date with the choice. */
export function refresh(shown, isWide) {
  const card = shown.dataset.fixes.split(",").map(Number);
  for (const fix of card) {
    const box = shown.querySelector(`#box-${fix}`);
    if (box) box.checked = chosen.has(fix);
  }
  shown.querySelector(".changes").replaceWith(changes(card, isWide));
}

/** What the chosen fixes of a file share, such as imports; null where that is nothing. */
export function sharedElement(file, isWide) {
  const data = fileData(file);
  const cells = data.cells.filter((cell) => !cell.owners.length);
  const states = cells.map((cell) => ({ start: cell.start, end: cell.end, state: stateOf(cell, chosen) }));
  const places = states.filter(({ state }) => state);
  const isUnknown = states.some(({ state }) => state === undefined);
  if (!places.length && !isUnknown) return null;
  return element(
    "div",
    { class: "shared" },
    element("h3", {}, index.files[file].created ? "A new file that the chosen fixes share" : "Imports and helpers that the chosen fixes need"),
    places.length ? diffTable(data, places, isWide, `Shared changes to ${index.files[file].path}`) : null,
    isUnknown ? element("p", { class: "note" }, ...sentence("What this choice makes here is worked out by `aiomend fix --only-fixes`.")) : null,
  );
}
