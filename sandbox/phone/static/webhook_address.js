/* Where webhooks go: whether the address is verified, and the form that changes it. */

import { ask, attempt, button, element, replace, toast } from "./dom.js";
import { refocused } from "./focus.js";
import { check, entry, field, form } from "./forms.js";
import { facts } from "./pane.js";
import { moment } from "./words.js";

let editing = false;
let redraw = () => {};

function standing(state) {
  if (state.verified) return ["good", "verified"];
  return state.verification ? ["bad", "not verified"] : ["wait", "asking"];
}

/** Fills the card; a form that is being filled in stays as it is. */
export function addressCard(card, state) {
  redraw = () => addressCard(card, state);
  const [tone, words] = standing(state);
  const asked = state.verification;
  replace(card, [
    {
      key: "head",
      look: JSON.stringify([state.url, words, state.outcome, editing]),
      make: (old) => refocused(old, head(state, tone, words)),
    },
    {
      key: "problem",
      look: JSON.stringify([asked, state.url]),
      make: () => (asked?.problem && state.url ? problem(asked) : element("div", "none")),
    },
    { key: "form", look: String(editing), make: () => (editing ? settings(state) : element("div", "none")) },
  ]);
}

function head(state, tone, words) {
  const address = state.url ? element("code", "url", state.url) : element("b", "", "Nothing is posted anywhere yet");
  const pill = state.url && element("span", `pill ${tone}`, words);
  const again = state.url && button("quiet", "Verify again", verify);
  const edit = button("quiet", editing ? "Cancel" : state.url ? "Edit" : "Set an address", () => toggle(!editing));
  edit.setAttribute("aria-expanded", String(editing));
  return element("div", "row head", element("div", "row grow where", address, pill), element("div", "row", again, edit));
}

function problem(asked) {
  const came = asked.http_status && facts([
    ["It answered", `HTTP ${asked.http_status}`],
    ["with", element("code", "", asked.answer || "nothing")],
    ["expected", element("code", "", asked.challenge)],
    ["asked at", moment(asked.at)],
  ]);
  const hint = !asked.http_status && element("p", "", "Start the receiver, or correct the address. It is asked again by itself.");
  return element("div", "note bad stack", element("b", "", asked.problem), hint, came);
}

async function verify() {
  const answer = await ask("/sandbox/webhook/verify", {});
  if (answer) toast(answer.verified ? "The address is verified" : answer.problem, !answer.verified);
}

function toggle(open) {
  editing = open;
  redraw();
  // At once: a moment later it would take the focus from whoever types already.
  if (open) document.querySelector(".settings input")?.focus();
}

function settings(state) {
  const address = { value: state.url, type: "url", placeholder: "http://127.0.0.1:8000/webhook", inputMode: "url" };
  const url = field("Address", entry(address), "Empty: nothing is posted");
  const secret = field("App secret", entry({ value: state.app_secret }), "Key of X-Hub-Signature-256");
  const token = field("Verify token", entry({ value: state.verify_token }), "hub.verify_token of the challenge");
  const meaning = "Writes / as \\/, as Meta sometimes does: a signature over re-made JSON then fails";
  const slashes = check("Escape slashes", state.escape_slashes, null, meaning);
  const save = async () => {
    const { error } = await attempt("/sandbox/webhook", {
      url: url.input.value.trim(),
      app_secret: secret.input.value,
      verify_token: token.input.value,
      escape_slashes: slashes.input.checked,
    });
    url.complain(error || "");
    if (!error) toggle(false);
  };
  const made = form("Save and verify", save, url.root, element("div", "fields", secret.root, token.root), slashes.root);
  made.classList.add("settings");
  return made;
}
