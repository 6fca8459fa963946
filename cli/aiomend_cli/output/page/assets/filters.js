// Which fixes are shown: by safety, impact, rule, choice, and words of the path or the message.

import { element, index } from "./store.js";
import { chosen } from "./selection.js";

const GROUPS = [
  { name: "Safety", of: (fix) => fix.safety, values: ["safe", "unsafe", "manual", "refused"] },
  { name: "Impact", of: (fix) => fix.impact, values: ["bug", "hang", "slow", "tidy"] },
  { name: "Choice", of: (fix, number) => (chosen.has(number) ? "chosen" : "not chosen"), values: ["chosen", "not chosen"] },
];

const off = new Map(GROUPS.map((group) => [group.name, new Set()]));
const rulesOff = new Set();
let words = "";
let changed = () => {};

/** Return whether a fix passes all filters, or all but the one that is named. */
export function passes(number, but = null) {
  const fix = index.fixes[number];
  if (but !== "Rule" && rulesOff.has(fix.rule)) return false;
  for (const group of GROUPS) {
    if (group.name !== but && off.get(group.name).has(group.of(fix, number))) return false;
  }
  if (!words) return true;
  const text = `${index.files[fix.file].path} ${fix.message} ${index.rules[fix.rule].code} ${index.rules[fix.rule].name}`;
  return text.toLowerCase().includes(words);
}

const counters = [];

function box(label, kind, isOn, set, count) {
  const input = element("input", { type: "checkbox", checked: true });
  const number = element("span", { class: "number" });
  input.addEventListener("change", () => {
    set(input.checked);
    changed();
  });
  const row = element("label", { class: `choice ${kind}` }, input, element("span", { class: "label" }, label), number);
  counters.push(() => {
    input.checked = isOn();
    number.textContent = count().toLocaleString("en");
  });
  return row;
}

function toggle(set, value, isOn) {
  if (isOn) set.delete(value);
  else set.add(value);
}

function numbers(name, matches) {
  return index.fixes.reduce((sum, fix, number) => sum + (matches(fix, number) && passes(number, name) ? 1 : 0), 0);
}

/** Fill the panel of filters; `listener` is called after each change. */
export function showFilters(panel, listener) {
  changed = listener;
  const search = element("input", { type: "search", id: "search", placeholder: "path, rule or words", "aria-label": "Only fixes with these words", "aria-keyshortcuts": "/" });
  search.addEventListener("input", () => {
    words = search.value.trim().toLowerCase();
    changed();
  });
  panel.append(search);
  for (const group of GROUPS) {
    const there = group.name === "Choice" ? group.values : group.values.filter((value) => index.fixes.some((fix, number) => group.of(fix, number) === value));
    const boxes = there.map((value) =>
      box(value, group.name.toLowerCase() + "-" + value.replace(" ", "-"), () => !off.get(group.name).has(value), (isOn) => toggle(off.get(group.name), value, isOn), () => numbers(group.name, (fix, number) => group.of(fix, number) === value)),
    );
    panel.append(element("fieldset", {}, element("legend", {}, group.name), element("div", { class: "chips" }, ...boxes)));
  }
  const rules = index.rules.map((rule, number) =>
    box(`${rule.code} ${rule.name}`, "rule", () => !rulesOff.has(number), (isOn) => toggle(rulesOff, number, isOn), () => numbers("Rule", (fix) => fix.rule === number)),
  );
  const only = element("button", { type: "button", class: "link" }, "none");
  const every = element("button", { type: "button", class: "link" }, "all");
  only.addEventListener("click", () => {
    index.rules.forEach((rule, number) => rulesOff.add(number));
    changed();
  });
  every.addEventListener("click", () => {
    rulesOff.clear();
    changed();
  });
  only.setAttribute("aria-label", "none of the rules");
  every.setAttribute("aria-label", "all rules");
  panel.append(element("fieldset", {}, element("legend", {}, "Rules ", every, " ", only), ...rules));
}

/** Take all filters away. */
export function resetFilters() {
  off.forEach((values) => values.clear());
  rulesOff.clear();
  words = "";
  document.getElementById("search").value = "";
  changed();
}

/** Count anew what each filter would show. */
export function countFilters() {
  counters.forEach((count) => count());
}
