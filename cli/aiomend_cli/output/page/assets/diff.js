// Changes as tables: unified or side by side, with colours, words that stand out, and context that grows.

import { element } from "./store.js";

const AROUND = 3;
const MORE = 20;
const FEW = 4; // lines that nobody hides
const RUN = /([a-z_])(\d+)/g;

/** Append a line's text in spans of its colours; `emphasis` has where words stand out, from and to by turns. */
function paint(cell, line, colours, emphasis = []) {
  const text = line.replace(/\r?\n$/, "");
  const marks = [];
  let at = 0;
  for (const [, letter, length] of (colours || "").matchAll(RUN)) {
    marks.push([at, at + Number(length), letter]);
    at += Number(length);
  }
  marks.push([at, Infinity, "_"]);
  let mark = 0;
  for (let start = 0; start < text.length; ) {
    while (marks[mark][1] <= start) mark += 1;
    let end = Math.min(marks[mark][1], text.length);
    let stands = false;
    for (let pair = 0; pair < emphasis.length; pair += 2) {
      if (start >= emphasis[pair] && start < emphasis[pair + 1]) {
        stands = true;
        end = Math.min(end, emphasis[pair + 1]);
      } else if (start < emphasis[pair]) end = Math.min(end, emphasis[pair]);
    }
    const letter = marks[mark][2];
    const piece = visible(text.slice(start, end));
    if (letter === "_" && !stands) cell.append(piece);
    else {
      const span = element("span", { class: letter === "_" ? "" : `t-${letter}` }, piece);
      cell.append(stands ? element("mark", {}, span) : span);
    }
    start = end;
  }
}

/** What would reorder or hide code is spelled out. */
function visible(text) {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function code(kind, line, colours, emphasis) {
  const word = { "-": "removed: ", "+": "added: ", " ": "" }[kind];
  const cell = element("td", { class: "code" });
  if (word) cell.append(element("span", { class: "unseen" }, word));
  paint(cell, line, colours, emphasis);
  return cell;
}

function number(at) {
  return element("td", { class: "number" }, at === null ? "" : String(at + 1));
}

function sign(kind) {
  return element("td", { class: "sign", "aria-hidden": "true" }, kind === " " ? "" : kind === "-" ? "−" : "+");
}

function unifiedRows(steps) {
  return steps.map(({ kind, at, line, colours, emphasis }) =>
    element(
      "tr",
      { class: { "-": "removed", "+": "added", " ": "same" }[kind] },
      number(kind === "+" ? null : at),
      sign(kind),
      code(kind, line, colours, emphasis),
    ),
  );
}

function half(step) {
  if (!step) return [element("td", { class: "number" }), element("td", { class: "sign" }), element("td", { class: "code none" })];
  const cells = [number(step.kind === "+" ? null : step.at), sign(step.kind), code(step.kind, step.line, step.colours, step.emphasis)];
  const name = { "-": "removed", "+": "added", " ": "same" }[step.kind];
  cells.forEach((cell) => cell.classList.add(name));
  return cells;
}

function splitRows(steps) {
  const rows = [];
  for (let at = 0; at < steps.length; ) {
    if (steps[at].kind === " ") {
      rows.push(element("tr", {}, ...half(steps[at]), ...half(steps[at])));
      at += 1;
      continue;
    }
    const block = { "-": [], "+": [] };
    for (; at < steps.length && steps[at].kind !== " "; at += 1) block[steps[at].kind].push(steps[at]);
    for (let row = 0; row < Math.max(block["-"].length, block["+"].length); row += 1) {
      rows.push(element("tr", {}, ...half(block["-"][row]), ...half(block["+"][row])));
    }
  }
  return rows;
}

function same(data, from, to) {
  const steps = [];
  for (let at = from; at < to; at += 1) {
    if (data.lines[at] !== undefined) steps.push({ kind: " ", at, line: data.lines[at], colours: data.colours[at] });
  }
  return steps;
}

/** The lines of a cell in some state, as steps. */
function stepsOf(data, start, end, state) {
  if (!state) return same(data, start, end);
  const steps = [];
  let at = 0;
  for (const [a, b, c, d, removed, added] of state.differences) {
    steps.push(...same(data, start + at, start + a));
    for (let line = a; line < b; line += 1) {
      steps.push({ kind: "-", at: start + line, line: data.lines[start + line], colours: data.colours[start + line], emphasis: removed[line - a] });
    }
    for (let line = c; line < d; line += 1) {
      steps.push({ kind: "+", at: null, line: state.lines[line], colours: state.colours[line], emphasis: added[line - c] });
    }
    at = b;
  }
  return [...steps, ...same(data, start + at, end)];
}

function has(data, at) {
  return at >= 0 && at < data.count && data.lines[at] !== undefined;
}

function expander(label, isWide, reveal) {
  const button = element("button", { type: "button", class: "expand" }, label);
  const row = element("tr", { class: "more" }, element("td", { colSpan: isWide ? 6 : 3 }, button));
  button.addEventListener("click", () => reveal(row, button));
  return row;
}

/** A row that shows more of what is above (`step` -1) or below (1) line `at`, up to `limit`. */
function growing(data, at, step, limit, isWide, rowsOf) {
  let next = at;
  const left = () => Math.abs(limit - next);
  const label = () => {
    const number = Math.min(MORE, left());
    const some = number < left() ? `${number} of ${left()}` : number;
    return limit > 0 && step < 0 ? `Show ${some} lines in between` : `Show ${number} more ${number === 1 ? "line" : "lines"} ${step < 0 ? "above" : "below"}`;
  };
  return expander(label(), isWide, (row, button) => {
    const to = step < 0 ? Math.max(limit, next - MORE) : Math.min(limit, next + MORE);
    const rows = rowsOf(step < 0 ? same(data, to, next) : same(data, next, to));
    if (step < 0) row.after(...rows);
    else row.before(...rows);
    next = to;
    if (next === limit || !has(data, step < 0 ? next - 1 : next)) row.remove();
    else button.textContent = label();
  });
}

/** A table of what `places` ({start, end, state}, sorted) of a file become; places close together share their context. */
export function diffTable(data, places, isWide, label) {
  const rowsOf = isWide ? splitRows : unifiedRows;
  const groups = [];
  for (const place of places) {
    const last = groups[groups.length - 1];
    if (last && place.start - last[last.length - 1].end <= 2 * AROUND + FEW) last.push(place);
    else groups.push([place]);
  }
  const rows = [];
  groups.forEach((group, which) => {
    const from = Math.max(0, group[0].start - AROUND);
    const to = Math.min(data.count, group[group.length - 1].end + AROUND);
    const above = which ? groups[which - 1][groups[which - 1].length - 1].end + AROUND : 0;
    if (from > above && has(data, from - 1)) rows.push(growing(data, from, -1, above, isWide, rowsOf));
    let steps = [];
    let at = from;
    for (const { start, end, state } of group) {
      steps.push(...same(data, at, start), ...stepsOf(data, start, end, state));
      at = end;
    }
    steps.push(...same(data, at, to));
    rows.push(...rowsOf(steps));
    if (which === groups.length - 1 && has(data, to)) rows.push(growing(data, to, 1, data.count, isWide, rowsOf));
  });
  const columns = element("colgroup", {}, ...Array.from({ length: isWide ? 2 : 1 }, () => ["number", "sign", ""]).flat().map((name) => element("col", { class: name })));
  const head = element("tr", {}, ...Array.from({ length: isWide ? 2 : 1 }, () => ["line", "sign", "code"]).flat().map((word) => element("th", { scope: "col" }, word)));
  const table = element("table", { class: isWide ? "diff wide" : "diff" }, element("caption", { class: "unseen" }, label), columns, element("thead", { class: "unseen" }, head), element("tbody", {}, ...rows));
  return element("div", { class: "scroll", tabIndex: 0, role: "region", "aria-label": label }, table);
}
