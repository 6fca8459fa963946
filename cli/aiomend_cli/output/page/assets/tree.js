// The tree of files, with how many of their fixes are shown and how many of these are chosen.

import { element, fixesOfFile, index } from "./store.js";

const rows = new Map(); // by the number of a file: its row and its numbers
const folders = [];

function insert(root, path, file) {
  const parts = path.split("/");
  let folder = root;
  for (const part of parts.slice(0, -1)) {
    if (!folder.folders.has(part)) folder.folders.set(part, { folders: new Map(), files: [] });
    folder = folder.folders.get(part);
  }
  folder.files.push([parts[parts.length - 1], file]);
}

function list(folder) {
  const items = [];
  const inside = [];
  for (let [name, child] of folder.folders) {
    while (child.folders.size === 1 && !child.files.length) {
      const [[next, only]] = child.folders;
      name = `${name}/${next}`;
      child = only;
    }
    const below = list(child);
    const item = element("li", {}, element("details", { open: true }, element("summary", {}, name), below.list));
    folders.push({ item, files: below.files });
    items.push(item);
    inside.push(...below.files);
  }
  for (const [name, file] of folder.files) {
    const number = element("span", { class: "number", "aria-hidden": "true" });
    const words = element("span", { class: "unseen" });
    const link = element("a", { href: `#file-${file}`, title: index.files[file].path }, element("span", { class: "label" }, name), words, number);
    const item = element("li", {}, link);
    rows.set(file, { item, number, words, link });
    items.push(item);
    inside.push(file);
  }
  return { list: element("ul", {}, ...items), files: inside };
}

/** Fill the tree. */
export function showTree(panel) {
  const root = { folders: new Map(), files: [] };
  index.files.forEach((file, number) => insert(root, file.path, number));
  panel.append(element("h2", {}, "Files"), list(root).list);
}

/** Bring the numbers up to date; `isShown` and `isChosen` are asked of fixes, `isVisible` of files. */
export function countTree(isShown, isChosen, isVisible) {
  for (const [file, { item, number, words }] of rows) {
    const shown = fixesOfFile[file].filter(isShown);
    const fixes = shown.filter((fix) => index.fixes[fix].fixable);
    const picked = fixes.filter(isChosen).length;
    item.hidden = !isVisible(file);
    number.textContent = fixes.length ? `${picked}/${shown.length}` : `${shown.length || ""}`;
    number.className = picked ? "number some" : "number";
    words.textContent = `, ${shown.length} shown, ${picked} chosen`;
  }
  for (const { item, files } of folders) item.hidden = !files.some(isVisible);
}

/** Mark the file that somebody is reading. */
export function markFile(file) {
  for (const [other, { link }] of rows) {
    if (other === file) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
