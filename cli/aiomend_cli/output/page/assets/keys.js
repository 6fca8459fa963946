// The keyboard: one key each, while nobody is typing.

import { element } from "./store.js";

const HELP = [
  ["j", "next fix"],
  ["k", "fix before"],
  ["x", "choose or drop this fix"],
  ["a", "choose everything that is shown"],
  ["e", "show or hide the reasons of this fix"],
  ["u", "unified or side by side"],
  ["/", "search"],
  ["?", "this help"],
];

function isTyping(target) {
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && target.type === "search");
}

/** Listen; `actions` has a function for each key. */
export function listen(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && isTyping(event.target)) {
      event.preventDefault(); // a browser would empty the field and tell nobody
      event.target.blur();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const action = actions[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });
}

function closing(dialog) {
  const button = element("button", { type: "button" }, "Close");
  button.addEventListener("click", () => dialog.close());
  return button;
}

/** Show the dialog that lists the keys. */
export function showHelp(dialog) {
  if (!dialog.children.length) {
    const rows = HELP.flatMap(([key, what]) => [element("dt", {}, element("kbd", {}, key)), element("dd", {}, what)]);
    dialog.append(element("h2", { id: "help-title" }, "Keys"), element("dl", {}, ...rows), closing(dialog));
  }
  dialog.showModal();
}

/** Show in a dialog why something is not to be had, and what there is instead. */
export function explain(dialog, title, ...content) {
  dialog.replaceChildren(element("h2", { id: `${dialog.id}-title` }, title), ...content, closing(dialog));
  dialog.showModal();
}
