/* Situations that clients have to survive; each is the body of a call to `faults`. */

export const RECIPES = [
  {
    title: "Meta cuts the line after taking the message",
    text: "The message is on its way, and you do not know it. Sending it again would send it twice.",
    fault: { target: "messages", kind: "cut_after_accept" },
  },
  {
    title: "429 with Retry-After",
    text: "Too fast. Wait as long as Meta says, then go on.",
    fault: { target: "messages", kind: "throttle", times: 3, retry_after: 5 },
  },
  {
    title: "Too much to one person",
    text: "Error 131056, the limit of the pair: others can still be written to.",
    fault: { target: "messages", kind: "throttle", code: 131056, to: "+263771234567" },
  },
  {
    title: "The token has expired",
    text: "Every call is refused with code 190 until somebody puts a new one in.",
    fault: { target: "calls", kind: "expired_token", times: "always" },
  },
  {
    title: "Meta is down for a moment",
    text: "Error 131016 for the next five messages. They are worth another attempt.",
    fault: { target: "messages", kind: "error", code: 131016, times: 5 },
  },
  {
    title: "A page instead of JSON",
    text: "A proxy in between answers 502 in HTML.",
    fault: { target: "messages", kind: "html" },
  },
  {
    title: "No answer at all",
    text: "The message is taken, but the line stays silent until your client gives up.",
    fault: { target: "messages", kind: "hang" },
  },
  {
    title: "Webhooks come twice",
    text: "The same bytes again: count each update once.",
    fault: { target: "webhooks", kind: "duplicate", times: "always" },
  },
  {
    title: "A status before the answer",
    text: "The webhook names a message id that your POST has not returned yet.",
    fault: { target: "webhooks", kind: "before_answer" },
  },
  {
    title: "Read before delivered",
    text: "Three updates come backwards: a later status must not be overwritten by an earlier one.",
    fault: { target: "webhooks", kind: "reorder", count: 3 },
  },
  {
    title: "Somebody forges a webhook",
    text: "The signature is not Meta's. Refuse it; the repetition is signed rightly.",
    fault: { target: "webhooks", kind: "wrong_signature" },
  },
  {
    title: "Webhooks are late",
    text: "Nothing comes until you take the fault back, then everything at once.",
    fault: { target: "webhooks", kind: "hold" },
  },
];
