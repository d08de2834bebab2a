/* What Meta may say about an account, by webhook (Meta, Webhooks: account_* and security). */

import { attempt, element, toast } from "./dom.js";
import { form, jsonEditor, explained } from "./forms.js";

const FIELDS = [
  ["account_update", "account_update", "Bans, restrictions, violations, tiers of prices."],
  ["account_alerts", "account_alerts", "Warnings about limits and what is missing."],
  ["account_review_update", "account_review_update", "The review of the business ends."],
  ["business_capability_update", "business_capability_update", "How many people and numbers are allowed."],
  ["security", "security", "The PIN of a number; said of the first number."],
];
const EXAMPLES = {
  account_update: [
    ["It will be disabled", { event: "DISABLED_UPDATE", ban_info: { waba_ban_state: "SCHEDULE_FOR_DISABLE", waba_ban_date: "November 30, 2026" } }],
    ["A restriction", { event: "ACCOUNT_RESTRICTION", restriction_info: [{ restriction_type: "RESTRICTED_BIZ_INITIATED_MESSAGING", expiration: 1796169600 }] }],
    ["A violation", { event: "ACCOUNT_VIOLATION", violation_info: { violation_type: "SPAM" } }],
    ["A better price", { event: "VOLUME_BASED_PRICING_TIER_UPDATE", volume_tier_info: { tier_update_time: 1796169600, pricing_category: "UTILITY", tier: "250001:2000000", effective_month: "2026-12", region: "Rest of Africa" } }],
    ["It was deleted", { event: "ACCOUNT_DELETED" }],
  ],
  account_alerts: [
    ["A limit was not raised", { entity_type: "WABA", entity_id: "102290129340398", alert_info: { alert_severity: "WARNING", alert_status: "ACTIVE", alert_type: "INCREASED_CAPABILITIES_ELIGIBILITY_NEED_MORE_INFO", alert_description: "Verify the business to write to more people." } }],
  ],
  account_review_update: [
    ["Approved", { decision: "APPROVED" }],
    ["Rejected", { decision: "REJECTED" }],
    ["Pending", { decision: "PENDING" }],
    ["Deferred", { decision: "DEFERRED" }],
  ],
  business_capability_update: [
    ["10,000 people a day", { max_daily_conversations_per_business: "TIER_10K", max_phone_numbers_per_business: 20, max_phone_numbers_per_waba: 20 }],
  ],
  security: [
    ["The PIN was changed", { event: "PIN_CHANGED", requester: "1" }],
    ["Somebody asks for a new PIN", { event: "PIN_RESET_REQUEST", requester: "1" }],
    ["The new PIN was granted", { event: "PIN_REQUEST_SUCCESS", requester: "1" }],
  ],
};

export function sayingForm() {
  let editor = null;
  const place = element("div");
  const what = explained("Field", FIELDS, "account_update", draw);

  function draw(name) {
    editor = jsonEditor("Value", EXAMPLES[name].map(([title, value]) => ({ title, value })), 9);
    place.replaceChildren(editor.root);
  }

  async function say() {
    const { value, problem } = editor.read();
    const { error } = problem ? { error: problem } : await attempt("/sandbox/account", { field: what.input.value, value });
    editor.complain(error || "");
    if (!error) toast("Said; Webhooks shows whether it arrived");
  }

  draw("account_update");
  return form("Say it", say, what.root, place);
}
