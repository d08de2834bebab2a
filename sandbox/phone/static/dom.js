/* Small tools that every page uses. Texts enter the page as text nodes only. */

export const at = (id) => document.getElementById(id);

/** An element with its class and children; null, undefined and false are left out. */
export function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function button(className, label, act) {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** An SVG of lines in the colour of its text. */
export function drawing(box, className, ...lines) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", box);
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  for (const line of lines) {
    const path = document.createElementNS(svg.namespaceURI, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}

export function toast(text, bad = false) {
  const shown = at("toast");
  shown.textContent = text;
  shown.classList.toggle("bad", bad);
  shown.classList.add("shown");
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => shown.classList.remove("shown"), bad ? 5000 : 2200);
}

/** `{found}` with the JSON that the sandbox answers, or `{error}` that says what was wrong. */
export async function attempt(path, body, method = body === undefined ? "GET" : "POST") {
  const request = { method, headers: {} };
  if (body !== undefined) {
    request.headers["Content-Type"] = "application/json";
    request.body = JSON.stringify(body);
  }
  try {
    const answer = await fetch(path, request);
    const found = await answer.json();
    return answer.ok ? { found } : { error: found.error || `That did not work (${answer.status})` };
  } catch {
    return { error: "The sandbox does not answer" };
  }
}

/** The same answer, or null after a toast. */
export async function ask(path, body, method) {
  const { found, error } = await attempt(path, body, method);
  if (error) toast(error, true);
  return error ? null : found;
}

/** Puts `wanted` in the place of the children, and leaves those alone that have not changed. */
export function replace(parent, wanted) {
  const kept = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const rows = wanted.map(({ key, look, make }) => {
    const old = kept.get(key);
    if (old && old.dataset.look === look) return old;
    const made = make(old);
    made.dataset.key = key;
    made.dataset.look = look;
    return made;
  });
  rows.forEach((row, place) => {
    if (parent.children[place] !== row) parent.insertBefore(row, parent.children[place] || null);
  });
  while (parent.children.length > rows.length) parent.lastElementChild.remove();
}

export function clock(seconds, exact = false) {
  const shape = { hour: "2-digit", minute: "2-digit" };
  if (exact) shape.second = "2-digit";
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", shape);
}

export async function copy(text, said = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = element("textarea", "sr", text);
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  toast(said);
}
