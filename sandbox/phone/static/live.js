/* Tells a page when something in the sandbox has changed, as long as the page is looked at. */

import { at } from "./dom.js";

/** Calls `load` at once and after every change, never twice at a time. */
export function live(load) {
  let source = null;
  let running = false;
  let again = false;

  async function refresh() {
    again = running;
    if (running) return;
    running = true;
    try {
      await load();
    } finally {
      running = false;
    }
    if (again) refresh();
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
