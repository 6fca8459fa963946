// Which fixes are chosen. A fix brings what it builds on, and takes along what builds on it.

import { index, recall, remember } from "./store.js";

export const chosen = new Set();

const neededBy = index.fixes.map(() => []);
index.fixes.forEach((fix, number) => fix.requires.forEach((other) => neededBy[other].push(number)));

const listeners = [];
const place = `choice ${index.fixes.map((fix) => fix.id).join("").slice(0, 4000)} ${index.fixes.length}`;

/** Call `listener` with the numbers of the fixes that changed, after each change. */
export function onChange(listener) {
  listeners.push(listener);
}

function closure(numbers, next) {
  const found = new Set();
  const todo = [...numbers];
  while (todo.length) {
    const one = todo.pop();
    if (!found.has(one)) {
      found.add(one);
      todo.push(...next(one));
    }
  }
  return found;
}

/** Some fixes and all that they build on, directly or not. */
export function withRequired(numbers) {
  return closure(numbers, (one) => index.fixes[one].requires);
}

/** Choose fixes, or drop them; returns how many others came or went along. */
export function set(numbers, isChosen) {
  const wanted = numbers.filter((one) => index.fixes[one].fixable);
  const all = isChosen ? withRequired(wanted) : closure(wanted, (one) => neededBy[one]);
  const changed = [...all].filter((one) => chosen.has(one) !== isChosen && index.fixes[one].fixable);
  for (const one of changed) {
    if (isChosen) chosen.add(one);
    else chosen.delete(one);
  }
  if (changed.length) {
    remember(place, JSON.stringify(ids()));
    listeners.forEach((listener) => listener(changed));
  }
  return changed.filter((one) => !wanted.includes(one)).length;
}

/** The ids of the chosen fixes, sorted. */
export function ids() {
  return [...new Set([...chosen].map((one) => index.fixes[one].id))].sort();
}

const given = index.fixes.flatMap((fix, number) => (fix.chosen ? [number] : []));

/** Go back to the choice that the page was made with. */
export function startOver() {
  set([...chosen], false);
  set(given, true);
}

/** Take up the choice of the last visit, else the one that the page was made with; true for the former. */
export function begin() {
  let before = null;
  try {
    before = JSON.parse(recall(place));
  } catch {
    // nothing that this page wrote
  }
  given.forEach((one) => chosen.add(one));
  const start = ids().join();
  if (!Array.isArray(before) || before.join() === start) return false;
  const known = new Set(before);
  chosen.clear();
  withRequired(index.fixes.flatMap((fix, number) => (fix.fixable && known.has(fix.id) ? [number] : []))).forEach(
    (one) => chosen.add(one),
  );
  return true;
}
