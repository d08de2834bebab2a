/* What Meta's codes of failed and refused messages mean, in plain words. */

export const MEANINGS = {
  4: ["Too many calls", "The app has made more calls than its limit allows. Wait, then go slower."],
  190: ["Access token expired", "The token is no longer valid. Get a new one."],
  368: ["Blocked for a policy violation", "The account may not send for a while because it broke a policy."],
  130429: ["Rate limit hit", "More messages per second than the number may send. Slow down and send again."],
  130472: ["Part of an experiment", "Meta keeps marketing messages from this person. Do not send again."],
  130497: ["Country restricted", "The business may not send to people in this country."],
  131000: ["Something went wrong", "An unknown error at Meta. Send again."],
  131005: ["Access denied", "The token lacks a permission."],
  131016: ["Service unavailable", "Meta is temporarily out of order. Send again later."],
  131021: ["Recipient is the sender", "A number cannot write to itself."],
  131026: ["Message undeliverable", "Not on WhatsApp, an old version of it, or its terms are not accepted."],
  131030: ["Recipient not in the allowed list", "A test number sends to listed recipients only. Add this number to the list."],
  131031: ["Account locked", "The account is locked or its PIN was wrong."],
  131042: ["Payment problem", "There is a problem with how the account pays."],
  131047: ["Window closed", "More than 24 hours since the person last wrote. Only a template arrives."],
  131048: ["Spam rate limit hit", "Too many people blocked or reported earlier messages of this number."],
  131049: ["Kept back by Meta", "The person has had enough marketing messages for now. Do not send again at once."],
  131050: ["Marketing stopped", "The person wants no marketing messages from this business."],
  131052: ["Media could not be downloaded", "The file that the person sent could not be fetched."],
  131053: ["Media could not be uploaded", "The file has a wrong type, is too large, or its link could not be read."],
  131056: ["Too many to one person", "Too many messages to the same number in a short time. Wait, then send again."],
  131057: ["Account in maintenance", "The account is being moved or upgraded. Send again later."],
  132015: ["Template paused", "The template's quality is low, so it is paused."],
  133010: ["Number not registered", "Register the phone number first."],
  137000: ["Identity changed", "The identity key hash does not match: the person may have a new phone."],
};

/** The codes that one meets most, for answers to a send and for messages that fail afterwards. */
export const REFUSALS = [131056, 130429, 131030, 131000, 131016, 131048, 131031, 368, 190, 4];
export const FAILURES = [131026, 131047, 131049, 131050, 130472, 131053, 131042, 130497, 132015, 137000];

export const nameOf = (code) => MEANINGS[code]?.[0] || "Error";
export const meaningOf = (error) => MEANINGS[error.code]?.[1] || error.error_data?.details || error.message || "";
