/* What is shown of one thing: beside the page where there is room, over it where there is none. */

import { at, element } from "./dom.js";

const WIDE = matchMedia("(min-width: 1080px)");

/** Finds what had the focus again, in a list whose entry was made anew meanwhile too. */
function wayBack(focused) {
  const row = focused.closest("[data-key]");
  const list = row?.parentElement;
  return () => {
    if (focused.isConnected) return focused;
    return [...(list?.children || [])].find((each) => each.dataset.key === row.dataset.key)?.querySelector("button");
  };
}

/** `onClose` is called when it goes. Its body is filled by the caller, who can use `replace` on it. */
export function pane(onClose = () => {}) {
  const dialog = at("pane");
  const title = at("pane-title");
  const body = at("pane-body");
  let opener = null;

  function show() {
    if (WIDE.matches) dialog.show();
    else dialog.showModal();
    document.body.classList.toggle("split", WIDE.matches);
  }

  function open(...heading) {
    if (!dialog.open) {
      opener = wayBack(document.activeElement);
      show();
    }
    title.replaceChildren(...heading);
    body.scrollTop = 0;
    title.focus({ preventScroll: true });
  }

  function close() {
    if (!dialog.open) return;
    dialog.close();
    document.body.classList.remove("split");
    body.replaceChildren();
    opener?.()?.focus();
    onClose();
  }

  dialog.addEventListener("cancel", (event) => {
    event.preventDefault();
    close();
  });
  dialog.addEventListener("click", (event) => event.target === dialog && close());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && dialog.open && WIDE.matches && !document.querySelector("dialog:modal")) close();
  });
  at("pane-close").addEventListener("click", close);
  WIDE.addEventListener("change", () => {
    if (!dialog.open) return;
    dialog.close();
    show();
  });
  return { open, close, body, get shown() { return dialog.open; } };
}

/** A part of the pane under a heading of its own. */
export const section = (heading, ...children) => element("section", "part", heading && element("h3", "", heading), ...children);

/** Names and values in two columns. */
export function facts(pairs) {
  const shown = pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return element("dl", "facts", ...shown.flatMap(([name, value]) => [element("dt", "", name), element("dd", "", value)]));
}

/** Something that opens and keeps being open when it is made again in the place of `old`. */
export function fold(title, old, ...children) {
  const made = element("details", "fold", element("summary", "", title), ...children);
  made.open = Boolean(old?.open);
  return made;
}
