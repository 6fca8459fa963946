// What the page was given. Everything foreign in here is text: it reaches the page through textContent alone.

const scripts = document.querySelectorAll("script.file");
const parsed = new Map();

export const index = JSON.parse(document.getElementById("index").textContent);

/** Lines, cells and places of a file; read when somebody first looks at it. */
export function fileData(number) {
  if (!parsed.has(number)) {
    const data = JSON.parse(scripts[number].textContent);
    data.lines = [];
    data.colours = [];
    for (const chunk of data.chunks) {
      chunk.lines.forEach((line, at) => {
        data.lines[chunk.start + at] = line;
        data.colours[chunk.start + at] = chunk.colours[at];
      });
    }
    parsed.set(number, data);
  }
  return parsed.get(number);
}

export const fixesOfFile = index.files.map(() => []);
index.fixes.forEach((fix, number) => fixesOfFile[fix.file].push(number));

/** What a browser remembers between two visits; null where it does not. */
export function recall(key) {
  try {
    return localStorage.getItem(`aiomend ${key}`);
  } catch {
    return null; // storage is switched off
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`aiomend ${key}`, value);
  } catch {
    // as above: the page works without it
  }
}

/** A new element. Children may be text, elements, or null for nothing. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (key.includes("-") || key === "role" || key === "scope" || key === "for") made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** A sentence as nodes: what stands between backquotes is code. */
export function sentence(text) {
  return text.split(/`([^`]+)`/).map((piece, at) => (at % 2 ? element("code", {}, piece) : piece));
}

export function counted(number, noun) {
  const plural = noun.endsWith("x") ? `${noun}es` : `${noun}s`;
  return `${number.toLocaleString("en")} ${number === 1 ? noun : plural}`;
}
