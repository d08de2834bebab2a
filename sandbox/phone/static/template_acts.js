/* What Meta can do to a template: in which states, what it means, and which webhook tells it. */

export const REASONS = [
  ["ABUSIVE_CONTENT", "Abusive content", "It threatens, insults or misleads."],
  ["INCORRECT_CATEGORY", "Incorrect category", "The text belongs to another category."],
  ["INVALID_FORMAT", "Invalid format", "Variables or examples are missing or badly placed."],
  ["PROMOTIONAL", "Promotional", "A utility template that advertises."],
  ["SCAM", "Scam", "It looks like fraud."],
  ["TAG_CONTENT_MISMATCH", "Tag and content differ", "Language or category do not fit the text."],
];
export const CATEGORIES = [
  ["AUTHENTICATION", "Authentication", "One-time codes."],
  ["MARKETING", "Marketing", "Offers, and everything that is neither of the others."],
  ["UTILITY", "Utility", "About something that the person ordered or agreed to."],
];
export const SCORES = [
  ["GREEN", "High", "People welcome it."],
  ["YELLOW", "Medium", "Some block or report it; it may be paused soon."],
  ["RED", "Low", "Many block or report it; pausing is next."],
  ["UNKNOWN", "Unknown", "Too few messages to say."],
];
const STATUS = "message_template_status_update";

/** `from` are the statuses in which it happens in life. */
export const ACTS = [
  { act: "approve", label: "Approve", from: ["PENDING", "IN_APPEAL", "REJECTED"], does: "The review ends well, and it can be sent.", tells: `${STATUS}: APPROVED` },
  { act: "reject", label: "Reject", from: ["PENDING", "IN_APPEAL", "APPROVED"], does: "The review ends badly, and nobody gets it.", tells: `${STATUS}: REJECTED`, choose: ["reason", "Reason", REASONS] },
  { act: "pause", label: "Pause", from: ["APPROVED"], does: "Low quality: not sent for 3 hours, the second time 6; the third time it is disabled.", tells: `${STATUS}: PAUSED` },
  { act: "unpause", label: "Unpause", from: ["PAUSED"], does: "The pause ends before its time.", tells: `${STATUS}: APPROVED` },
  { act: "flag", label: "Flag", from: ["APPROVED"], does: "A warning before a pause; it is still sent.", tells: `${STATUS}: FLAGGED` },
  { act: "disable", label: "Disable", from: ["APPROVED", "PAUSED"], does: "Paused too often: it is not sent again.", tells: `${STATUS}: DISABLED` },
  { act: "appeal", label: "Appeal", from: ["REJECTED", "DISABLED"], does: "You ask for another review.", tells: `${STATUS}: IN_APPEAL` },
  { act: "reinstate", label: "Reinstate", from: ["DISABLED", "IN_APPEAL"], does: "Meta was wrong: it can be sent again.", tells: `${STATUS}: REINSTATED` },
  { act: "archive", label: "Archive", from: ["APPROVED"], does: "Put away: not sent until it is taken out again.", tells: `${STATUS}: ARCHIVED` },
  { act: "unarchive", label: "Unarchive", from: ["ARCHIVED"], does: "It can be sent again.", tells: `${STATUS}: UNARCHIVED` },
];

export const possible = (template) => ACTS.filter(({ from }) => from.includes(template.status));

const TONES = { APPROVED: "good", PENDING: "wait", PAUSED: "wait", IN_APPEAL: "wait", REJECTED: "bad", DISABLED: "bad" };
export const toneOf = (status) => TONES[status] || "";
const QUALITIES = { GREEN: "good", YELLOW: "wait", RED: "bad" };
export const qualityTone = (score) => QUALITIES[score] || "";
