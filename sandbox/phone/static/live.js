/* Tells a page when something in the sandbox has changed, as long as the page is looked at. */

import { at } from "./dom.js";

/** Calls `load` at once and after every change, never twice at a time. What it returns calls it too, and waits until
 *  a load is over that began after the call. */
export function live(load) {
  let source = null;
  let last = Promise.resolve();
  let next = null;

  function refresh() {
    // Whoever asks while one is under way shares the one after it.
    next ??= last.then(() => {
      next = null;
      return load();
    });
    last = next.catch(() => {});
    return next;
  }

  function open() {
    source = new EventSource("/phone/changes");
    source.addEventListener("message", () => {
      at("away").hidden = true;
      refresh();
    });
    source.addEventListener("error", () => {
      at("away").hidden = false;
      if (source.readyState === EventSource.CLOSED) {
        close();
        setTimeout(open, 1000);
      }
    });
  }

  function close() {
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else if (!source) open();
  });
  addEventListener("pagehide", close);
  open();
  return refresh;
}
