/* The form that adds a template. */

import { attempt, element, toast } from "./dom.js";
import { explained, form, jsonEditor } from "./forms.js";

const EXAMPLES = [
  {
    title: "Utility: an order is on its way",
    value: {
      name: "order_update",
      language: "en_US",
      category: "UTILITY",
      components: [
        { type: "HEADER", format: "TEXT", text: "Order {{1}}", example: { header_text: ["A-19"] } },
        {
          type: "BODY",
          text: "Hello {{1}}, order {{2}} left our store today. Thank you for shopping with us.",
          example: { body_text: [["Tariro", "A-19"]] },
        },
        { type: "FOOTER", text: "Demo Shop" },
        {
          type: "BUTTONS",
          buttons: [
            { type: "URL", text: "Track", url: "https://shop.example/t/{{1}}", example: ["https://shop.example/t/A-19"] },
            { type: "QUICK_REPLY", text: "Stop" },
          ],
        },
      ],
    },
  },
  {
    title: "Authentication: a login code",
    value: {
      name: "login_code",
      language: "en_US",
      category: "AUTHENTICATION",
      components: [
        { type: "BODY", add_security_recommendation: true },
        { type: "FOOTER", code_expiration_minutes: 5 },
        { type: "BUTTONS", buttons: [{ type: "OTP", otp_type: "COPY_CODE", text: "Copy code" }] },
      ],
    },
  },
  {
    title: "Marketing: an offer with a code",
    value: {
      name: "winter_offer",
      language: "en_US",
      category: "MARKETING",
      components: [
        { type: "BODY", text: "Hello {{1}}, *20% off* everything warm until Sunday, in the shop and online.", example: { body_text: [["Rudo"]] } },
        { type: "FOOTER", text: "Reply STOP to end offers" },
        { type: "BUTTONS", buttons: [{ type: "COPY_CODE", example: "WARM20" }] },
      ],
    },
  },
  {
    title: "Utility: variables by name",
    value: {
      name: "money_received",
      language: "en_US",
      category: "UTILITY",
      parameter_format: "NAMED",
      components: [
        {
          type: "BODY",
          text: "You received {{amount}} from {{sender}}, and it is in your wallet already.",
          example: { body_text_named_params: [{ param_name: "amount", example: "USD 25.00" }, { param_name: "sender", example: "Chipo" }] },
        },
      ],
    },
  },
];
const WAYS = [
  ["approved", "Approve it at once", "No review: it can be sent straight away."],
  ["review", "Put it to review", "As at Meta: PENDING first, then the review's outcome by webhook."],
];

/** Meta's errors carry their words in several places; the longest tells most. */
async function submit(template, account) {
  const answer = await fetch(`/v25.0/${account.waba_id}/message_templates`, {
    method: "POST",
    headers: { Authorization: `Bearer ${account.access_token}`, "Content-Type": "application/json" },
    body: JSON.stringify(template),
  });
  const found = await answer.json();
  const error = found.error;
  return error ? { error: error.error_user_msg || error.error_data?.details || error.message } : { found };
}

export function showTemplateForm(side, account, added) {
  const editor = jsonEditor("The template, as it is created at Meta", EXAMPLES, 22);
  const way = explained("Review", WAYS, "approved");

  async function save() {
    const { value, problem } = editor.read();
    editor.complain(problem || "");
    if (problem) return;
    const reviewed = way.input.value === "review";
    const { found, error } = reviewed
      ? await submit(value, account()).catch(() => ({ error: "The answer was none: is a fault set?" }))
      : await attempt("/sandbox/templates", value);
    editor.complain(error || "");
    if (error) return;
    toast(`${value.name} is added`);
    added(found.id);
  }

  side.open("Add a template");
  side.body.replaceChildren(
    element("p", "soft", "Checked as Meta checks a creation."),
    form("Add it", save, editor.root, way.root),
  );
}
