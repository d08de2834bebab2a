/* Posts anything to the webhook, and shows what comes back. */

import { attempt, element } from "./dom.js";
import { result } from "./delivery.js";
import { check, explained, form, jsonEditor, entry, field } from "./forms.js";
import { section } from "./pane.js";

const METADATA = { display_phone_number: "15550783881", phone_number_id: "106540352242922" };
const CONTACT = { profile: { name: "Tariro" }, wa_id: "263771234567" };
const envelope = (name, value) => ({
  object: "whatsapp_business_account",
  entry: [{ id: "102290129340398", changes: [{ field: name, value }] }],
});
const messages = (more) => envelope("messages", { messaging_product: "whatsapp", metadata: METADATA, contacts: [CONTACT], ...more });
const now = () => String(Math.floor(Date.now() / 1000));

const EXAMPLES = () => [
  {
    title: "A text message",
    value: messages({ messages: [{ from: CONTACT.wa_id, id: "wamid.RAW1", timestamp: now(), type: "text", text: { body: "Hello" } }] }),
  },
  {
    title: "A status: delivered",
    value: messages({
      statuses: [{
        id: "wamid.RAW2", status: "delivered", timestamp: now(), recipient_id: CONTACT.wa_id,
        pricing: { billable: true, pricing_model: "PMP", type: "regular", category: "utility" },
      }],
    }),
  },
  {
    title: "A status: failed",
    value: messages({
      statuses: [{
        id: "wamid.RAW3", status: "failed", timestamp: now(), recipient_id: CONTACT.wa_id,
        errors: [{ code: 131026, title: "Message undeliverable", message: "Message undeliverable", error_data: { details: "Message Undeliverable." } }],
      }],
    }),
  },
  {
    title: "A template is rejected",
    value: envelope("message_template_status_update", {
      event: "REJECTED", message_template_id: 1689556908129832, message_template_name: "order_update",
      message_template_language: "en_US", message_template_category: "UTILITY", reason: "INVALID_FORMAT",
    }),
  },
  { title: "A field that nobody knows", value: envelope("moon_phase_update", { phase: "full" }) },
  { title: "An empty object", value: {} },
  { title: "Garbage", value: '{"object": "whatsapp_business_account", "entry": [{' },
];
const SIGNING = [
  ["right", "With the app secret", "As Meta signs: the receiver has to take it."],
  ["none", "Not signed", "Somebody who is not Meta: the receiver has to refuse it with 401."],
  ["wrong", "With another secret", "A forgery: the receiver has to refuse it with 401."],
];
const SIGNS = { right: true, none: false, wrong: "wrong" };

export function showRaw(side, open) {
  const body = jsonEditor("Body", EXAMPLES());
  const asTyped = check("Exactly as typed", false, null, "Otherwise JSON goes out as Meta writes it: in one line, with é as \\u00e9");
  const signing = explained("Signature", SIGNING, "right");
  const headers = field("Further headers", entry({ rows: 2, placeholder: "X-Forwarded-For: 203.0.113.7" }), "One a line; they win over Meta's");
  const came = element("div", "came");
  came.setAttribute("role", "status");

  async function post() {
    const read = readHeaders(headers.input.value);
    headers.complain(read.problem || "");
    if (read.problem) return;
    const parsed = body.read();
    const content = asTyped.input.checked || parsed.problem ? body.input.value : parsed.value;
    const { found, error } = await attempt("/sandbox/webhooks/raw", { body: content, sign: SIGNS[signing.input.value], headers: read.headers });
    came.replaceChildren(error ? element("p", "note bad", error) : result(found, { open }));
    came.scrollIntoView({ block: "nearest" });
  }

  side.open("Send a raw webhook");
  side.body.replaceChildren(
    element("p", "soft", "Any bytes, once and at once: to see what your receiver does with what it does not expect."),
    form("Post it", post, body.root, asTyped.root, signing.root, headers.root),
    section("", came),
  );
}

/** "Name: value" lines as an object. */
function readHeaders(text) {
  const headers = {};
  for (const line of text.split("\n").filter((each) => each.trim())) {
    const [name, ...rest] = line.split(":");
    if (!rest.length || !name.trim()) return { problem: `Name: value expected, not ${line}` };
    headers[name.trim()] = rest.join(":").trim();
  }
  return { headers };
}
