/* What stands around every page: the theme, and the numbers beside the pages' names. */

import { ask, at } from "./dom.js";
import { live } from "./live.js";

at("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", root.dataset.theme);
});

function badge(name, count) {
  const shown = at(`badge-${name}`);
  if (!shown) return;
  shown.hidden = !count;
  shown.textContent = count > 99 ? "99+" : String(count);
}

live(async () => {
  const health = await ask("/sandbox/health");
  if (!health) return;
  badge("faults", health.faults);
  badge("webhooks", health.webhook.url && !health.webhook.verified ? "!" : 0);
});
