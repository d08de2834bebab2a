/* The account: what a client needs, numbers, limits, the clock, and what Meta says about it. */

import { ask, at, button, copy, element, replace, toast } from "./dom.js";
import { clockPart, followClock } from "./account_clock.js";
import { filePart } from "./account_file.js";
import { limitsPart } from "./account_limits.js";
import { newNumber, showNumbers } from "./account_numbers.js";
import { sayingForm } from "./account_saying.js";
import { copyLine } from "./copying.js";
import { check } from "./forms.js";
import { live } from "./live.js";

async function load() {
  const [account, limits, clock] = await Promise.all([ask("/sandbox/account"), ask("/sandbox/limits"), ask("/sandbox/clock")]);
  if (!account || !limits || !clock) return;
  const { numbers, expired, subscribed, ...known } = account;
  const ids = numbers.map(({ id }) => id);
  show("credentials", JSON.stringify([known, ids]), () => credentials(known, ids));
  show("access", JSON.stringify([expired, subscribed]), (old) => refocused(old, access(account)));
  show("limits", JSON.stringify(limits), (old) => refocused(old, limitsPart(limits)));
  followClock(clock);
  show("clock", JSON.stringify([clock.manual, clock.planned, clock.coming]), (old) => clockPart(clock, old));
  showNumbers(at("numbers"), numbers);
}

const show = (id, look, make) => replace(at(id), [{ key: id, look, make }]);

/** The new part with the focus where it was in the old one. */
function refocused(old, made) {
  const controls = (root) => [...root.querySelectorAll("button, input, select")];
  const place = old ? controls(old).indexOf(document.activeElement) : -1;
  if (place >= 0) requestAnimationFrame(() => controls(made)[place]?.focus());
  return made;
}

function credentials(known, ids) {
  const lines = element("dl", "lines",
    copyLine("Graph URL", location.origin),
    copyLine("Phone number id", ids[0]),
    copyLine("WABA id", known.waba_id),
    copyLine("Access token", known.access_token),
    copyLine("App secret", known.app_secret),
    copyLine("Verify token", known.verify_token),
  );
  const block = element("pre", "block exact", environment(known, ids));
  const copyAll = button("quiet", "Copy as .env", () => copy(environment(known, ids), "The .env block is copied"));
  return element("div", "stack", lines, element("div", "row", element("h3", "grow", "Ready for a .env file"), copyAll), block);
}

const environment = (known, ids) =>
  Object.entries({
    WHATSAPP_GRAPH_URL: location.origin,
    WHATSAPP_PHONE_NUMBER_ID: ids[0],
    WHATSAPP_WABA_ID: known.waba_id,
    WHATSAPP_ACCESS_TOKEN: known.access_token,
    WHATSAPP_APP_SECRET: known.app_secret,
    WHATSAPP_WEBHOOK_VERIFY_TOKEN: known.verify_token,
  }).map((pair) => pair.join("=")).join("\n");

function access({ expired, subscribed }) {
  const set = (path, body, said) => async () => (await ask(`/sandbox/${path}`, body)) && toast(said);
  const token = check(
    "The access token has expired", expired,
    set("token", { expired: !expired }, expired ? "The token is good again" : "The token has expired"),
    "Every Graph call is refused with code 190, subcode 463.",
  );
  const app = check(
    "The app is subscribed to the account", subscribed,
    set("subscribed", { subscribed: !subscribed }, subscribed ? "No longer subscribed" : "Subscribed"),
    "Without it no webhook tells of messages; templates and the account still do.",
  );
  return element("div", "stack", token.root, app.root);
}

at("add-number").addEventListener("click", () => newNumber(at("new-number"), at("add-number")));
at("saying").append(sayingForm());
at("file").append(filePart());
live(load);
