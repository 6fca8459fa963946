// From a selection to a patch. It is put together from what the engine wrote, cell by cell; where the engine was not
// seen with such a selection there is no patch.

import { fileData, index } from "./store.js";

const CONTEXT = 3;
const observed = index.selections.map((numbers) => numbers.join());

/** What a cell holds under a selection: null for the original lines, undefined where nobody knows. */
export function stateOf(cell, selection) {
  const key = cell.by.map(({ every, fixes }) => {
    const has = (one) => selection.has(one);
    return (every ? fixes.every(has) : fixes.some(has)) ? "1" : "0";
  });
  const known = cell.table[key.join("")] ?? cell.seen[numberOf(selection)];
  return known === undefined ? undefined : cell.states[known];
}

/** The number of the observation that was made with a selection, -1 where none was. */
function numberOf(selection) {
  return observed.indexOf([...selection].sort((a, b) => a - b).join());
}

/** What a cell holds when all fixes are chosen. */
export function fullState(cell) {
  return stateOf(cell, new Set(index.selections[1]));
}

/** The cells of a file of which nobody knows what a selection makes of them. */
function unknownIn(data, selection) {
  if (data.bytes && "?" in data.bytes) return data.cells.filter((cell) => stateOf(cell, selection) !== null);
  return data.cells.filter((cell) => stateOf(cell, selection) === undefined);
}

/** The changes of whole lines that a selection makes in a file. */
function changesIn(data, selection) {
  const changes = [];
  for (const cell of data.cells) {
    const state = stateOf(cell, selection);
    if (state === null) continue;
    let { start, end } = cell;
    let lines = state.lines;
    while (start < end && lines.length && data.lines[start] === lines[0]) {
      start += 1;
      lines = lines.slice(1);
    }
    while (start < end && lines.length && data.lines[end - 1] === lines[lines.length - 1]) {
      end -= 1;
      lines = lines.slice(0, -1);
    }
    changes.push({ start, end, lines });
  }
  return data.mark ? marked(data, changes) : changes;
}

/** The byte order mark stays in front of the first line, whichever that is. */
function marked(data, changes) {
  const [first, ...others] = changes;
  if (!first || first.start > 0) return changes;
  let { end, lines } = first;
  if (end === 0 || lines.length === 0) {
    lines = [...lines, ...(end < data.count ? [data.lines[end]] : [])];
    end = Math.min(end + 1, data.count);
  }
  return [{ start: 0, end, lines: lines.map((line, at) => (at === 0 ? "\ufeff" + line : line)) }, ...others];
}

function range(start, length) {
  if (length === 1) return `${start + 1}`;
  return `${length ? start + 1 : start},${length}`;
}

function hunks(data, changes) {
  const groups = [];
  for (const change of changes) {
    const last = groups[groups.length - 1];
    if (last && change.start - last[last.length - 1].end <= 2 * CONTEXT) last.push(change);
    else groups.push([change]);
  }
  const old = (at) => (data.mark && at === 0 ? "\ufeff" + data.lines[0] : data.lines[at]);
  const out = [];
  let shift = 0;
  for (const group of groups) {
    const from = Math.max(0, group[0].start - CONTEXT);
    const to = Math.min(data.count, group[group.length - 1].end + CONTEXT);
    const body = [];
    let at = from;
    let grown = 0;
    for (const { start, end, lines } of group) {
      for (; at < start; at += 1) body.push(" " + old(at));
      for (; at < end; at += 1) body.push("-" + old(at));
      lines.forEach((line) => body.push("+" + line));
      grown += lines.length - (end - start);
    }
    for (; at < to; at += 1) body.push(" " + old(at));
    out.push(`@@ -${range(from, to - from)} +${range(from + shift, to - from + grown)} @@\n`);
    out.push(...body.map((line) => (line.endsWith("\n") ? line : line + "\n\\ No newline at end of file\n")));
    shift += grown;
  }
  return out.join("");
}

/** Text as the bytes of its file; `table` has those of characters outside ASCII where that is not UTF-8. */
function encoded(text, table) {
  if (!table) return new TextEncoder().encode(text);
  const bytes = [];
  for (const character of text) {
    const digits = table[character];
    if (digits === undefined) bytes.push(character.codePointAt(0));
    else for (let at = 0; at < digits.length; at += 2) bytes.push(parseInt(digits.slice(at, at + 2), 16));
  }
  return new Uint8Array(bytes);
}

/** The patch of a selection as pieces of bytes; the files of which it is not known, and the chosen fixes that are why. */
export function patchOf(selection) {
  const pieces = [];
  const unknown = [];
  const culprits = new Set();
  const order = index.files.map((file, number) => number).sort((a, b) => index.files[b].created - index.files[a].created);
  for (const number of order) {
    const data = fileData(number);
    const cells = unknownIn(data, selection);
    if (cells.length) {
      unknown.push(number);
      cells.forEach((cell) => cell.by.forEach(({ fixes }) => fixes.forEach((fix) => selection.has(fix) && culprits.add(fix))));
      continue;
    }
    const changes = changesIn(data, selection);
    if (changes.length) pieces.push(encoded(data.head.join("\n") + "\n" + hunks(data, changes), data.bytes));
  }
  return { pieces, unknown, culprits: [...culprits].sort((a, b) => a - b) };
}
