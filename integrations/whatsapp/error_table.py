"""What each code of Meta means, who must act, and whether to try again.

Sources: Meta, WhatsApp Cloud API, Error Codes; Meta, Graph API, Handle Errors; Meta, Rate Limiting.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrations.exceptions import Action

RETRY, SLOW, RECIPIENT, TEMPLATE = Action.RETRY, Action.SLOW, Action.RECIPIENT, Action.TEMPLATE
CONFIGURATION, WINDOW, PAYLOAD = Action.CONFIGURATION, Action.WINDOW, Action.PAYLOAD

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Row:
    """`sentence` is for the operator: the cause, then who must act. `fault` empty: as the class says."""

    action: Action
    sentence: str
    retry_after: float | None = None
    bucket: str = ""
    max_attempts: int | None = None
    fault: str = ""


CODES: dict[int, Row] = {
    # The Graph API's own
    0: Row(CONFIGURATION, "Meta could not use the access token: enter a valid System User token."),
    1: Row(RETRY, "Meta had an unknown fault: nothing to do unless it goes on.", 5, max_attempts=3),
    2: Row(RETRY, "Meta's service is down for a moment: nothing to do unless it goes on.", 10),
    3: Row(CONFIGURATION, "The app lacks a capability: an administrator grants it in Meta's app dashboard."),
    4: Row(SLOW, "The app makes too many calls: sending pauses and goes on by itself.", 60, "app"),
    10: Row(CONFIGURATION, "A permission was denied or removed: grant it again to the System User."),
    33: Row(CONFIGURATION, "The phone number id is unknown or was deleted: correct it in the credentials."),
    100: Row(PAYLOAD, "A parameter is missing or invalid: a developer reads the details and corrects it."),
    190: Row(CONFIGURATION, "The access token is invalid: enter a new System User token."),
    200: Row(CONFIGURATION, "The token may not use this object: assign the account to the System User."),
    368: Row(CONFIGURATION, "Meta blocked the account for policy violations: appeal in Business Manager."),
    613: Row(SLOW, "An edge's own rate limit is reached: calls pause and go on by themselves.", 60, "app"),
    2635: Row(CONFIGURATION, "The Graph API version is retired: set WHATSAPP_API_VERSION to a live one."),
    80007: Row(SLOW, "The WhatsApp account's call limit is reached: it pauses by itself.", 300, "waba"),
    80008: Row(SLOW, "The account's management call limit is reached: it pauses by itself.", 300, "waba"),
    # Messages
    130429: Row(SLOW, "The number sends faster than Meta allows: it slows down by itself.", 2, "number"),
    130472: Row(RECIPIENT, "Meta withholds marketing from this person for an experiment: do not send again."),
    130497: Row(RECIPIENT, "The business may not message people of that country: use another channel."),
    131000: Row(RETRY, "Meta failed without a reason: if it goes on, check template and links.", 5, "", 4),
    131005: Row(CONFIGURATION, "Access denied: give the token the permission whatsapp_business_messaging."),
    131008: Row(PAYLOAD, "A required parameter is missing: a developer reads the details and adds it."),
    131009: Row(PAYLOAD, "A parameter's value is invalid: a developer reads the details and corrects it."),
    131014: Row(PAYLOAD, "The media link could not be read: make it public, https and of a supported type."),
    131016: Row(RETRY, "Meta's service is unavailable for a moment: nothing to do unless it goes on.", 10),
    131021: Row(RECIPIENT, "Sender and recipient are the same number: correct the person's number."),
    131026: Row(RECIPIENT, "The person cannot get it: not on WhatsApp, old app or terms; use another channel."),
    131030: Row(CONFIGURATION, "A test number reaches only its allowed recipients: add this one, or go live."),
    131031: Row(CONFIGURATION, "The account is locked or the PIN is wrong: look in Business Manager."),
    131037: Row(CONFIGURATION, "The number's display name is not approved: request it in WhatsApp Manager."),
    131042: Row(CONFIGURATION, "Payment failed: finance checks the payment method in Business Manager."),
    131043: Row(RECIPIENT, "The message expired before it could be delivered: the phone was not reachable."),
    131044: Row(CONFIGURATION, "Payment for calls failed: finance checks the payment method."),
    131045: Row(CONFIGURATION, "The number's certificate or registration failed: register the number again."),
    131047: Row(WINDOW, "Over 24 hours since the person last wrote: send an approved template instead."),
    131048: Row(SLOW, "Meta limits the number for bad quality: stop campaigns, read Quality.", HOUR, "campaign", 3),
    131049: Row(RECIPIENT, "Meta caps marketing to this person: send nothing more of it for 24 hours."),
    131050: Row(RECIPIENT, "The person stopped marketing from you: record the opt-out."),
    131051: Row(PAYLOAD, "This type of message is not supported: a developer chooses another."),
    131052: Row(RETRY, "The media could not be fetched: check link or file if it fails again.", 10, "", 2),
    131053: Row(RETRY, "The media upload failed: check type, size and link if it goes on.", 10, "", 3),
    131056: Row(SLOW, "Too many messages to this one person: theirs wait a moment by themselves.", 4, "pair"),
    131057: Row(RETRY, "Meta is upgrading the number: it is over within minutes.", 90),
    131058: Row(TEMPLATE, "hello_world goes only from Meta's test numbers: send a template of your own."),
    131059: Row(RETRY, "A list's page marker expired: the list is read again from its beginning.", 1, "", 2),
    131062: Row(RECIPIENT, "A login code needs the person's phone number: ask for it or use another channel."),
    131063: Row(CONFIGURATION, "Marketing templates are off on this edge: use Marketing Messages for them."),
    131064: Row(CONFIGURATION, "Meta limits the account for misclassified templates: appeal there."),
    # Templates
    132000: Row(TEMPLATE, "The template at Meta takes another number of values: sync, then compare both."),
    132001: Row(TEMPLATE, "The template is not approved in this language: sync, or wait for the approval."),
    132005: Row(PAYLOAD, "The text is too long once its values are filled in: shorten the values."),
    132007: Row(TEMPLATE, "The template's content violates a policy: reword it under a new name."),
    132012: Row(TEMPLATE, "A value's type does not fit the template at Meta: sync, then compare both."),
    132015: Row(TEMPLATE, "Meta paused the template for bad feedback: improve it or wait for the end."),
    132016: Row(TEMPLATE, "Meta disabled the template for good: create another under a new name."),
    132018: Row(PAYLOAD, "A value holds a newline, a tab or over 4 spaces in a row: put it on one line."),
    132068: Row(TEMPLATE, "The template's flow is blocked: correct the flow in WhatsApp Manager."),
    132069: Row(SLOW, "The template's flow is throttled: 10 messages an hour; it waits.", HOUR, "waba"),
    # Numbers
    133000: Row(RETRY, "An earlier deregistration of the number is unfinished: try again soon.", 60),
    133004: Row(RETRY, "Meta's registration service is down: it is tried again.", 60),
    133005: Row(CONFIGURATION, "The two-step PIN is wrong: enter the right one or reset it."),
    133006: Row(CONFIGURATION, "The number must be verified again: request and enter its code."),
    133008: Row(SLOW, "Too many PIN guesses: wait as long as the details say.", HOUR, "number"),
    133009: Row(SLOW, "PIN guesses follow too fast: wait a minute.", 60, "number"),
    133010: Row(CONFIGURATION, "The number is not registered at the Cloud API: register it."),
    133015: Row(RETRY, "The number was deregistered a moment ago: it is tried again in 5 minutes.", 300),
    133016: Row(SLOW, "10 registrations of the number in 72 hours: wait until they are over.", 72 * HOUR, "number"),
    134011: Row(CONFIGURATION, "WhatsApp's payment terms are not accepted: accept them in Business Manager."),
    135000: Row(PAYLOAD, "Meta could not read the message: a developer checks its parameters."),
    136024: Row(SLOW, "A verification code was asked for too early: wait as the details say.", 600, "number"),
    137000: Row(RECIPIENT, "The person's identity changed: verify them again before sending."),
    139200: Row(CONFIGURATION, "The account is not eligible for Direct Send: use ordinary templates."),
    # The On-Premises API's, which some accounts still see
    470: Row(WINDOW, "Over 24 hours since the person last wrote: send an approved template instead."),
    1006: Row(PAYLOAD, "Something the message names does not exist: a developer checks ids and files."),
    1013: Row(RECIPIENT, "The number is not on WhatsApp: use another channel."),
    1014: Row(RETRY, "WhatsApp had an internal fault: nothing to do unless it goes on.", 10, "", 3),
    1026: Row(RECIPIENT, "The person's app cannot receive it: use another channel."),
}

# Whole ranges that mean one thing: (first, last, row).
RANGES: tuple[tuple[int, int, Row], ...] = (
    (200, 299, CODES[200]),
    (
        141000,
        141010,
        Row(CONFIGURATION, "Meta limits this number or account: read its health in WhatsApp Manager."),
    ),
)

_INVALID = "The access token is invalid: "
_RENEW = "enter a new System User token."
_NUMBER = "The phone number could not be added or moved: "

SUBCODES: dict[tuple[int, int], Row] = {
    (10, 2388185): Row(CONFIGURATION, "The account may not use this: verify the business with Meta."),
    (100, 33): Row(
        CONFIGURATION,
        "The id is unknown or the token may not use it: check ids; assign the account to the System User.",
    ),
    (190, 458): Row(CONFIGURATION, _INVALID + "the app was removed; add it again, then " + _RENEW),
    (190, 459): Row(CONFIGURATION, _INVALID + "its owner must pass Facebook's checkpoint by logging in."),
    (190, 460): Row(CONFIGURATION, _INVALID + "its owner changed the password; " + _RENEW),
    (190, 463): Row(CONFIGURATION, _INVALID + "it expired; " + _RENEW),
    (190, 464): Row(CONFIGURATION, _INVALID + "its owner's account is not confirmed; " + _RENEW),
    (190, 467): Row(CONFIGURATION, _INVALID + "it was revoked; " + _RENEW),
    (190, 492): Row(CONFIGURATION, _INVALID + "its session ended; " + _RENEW),
    (100, 2388019): Row(TEMPLATE, "The account holds as many templates as Meta allows: delete unused ones."),
    (100, 2388023): Row(TEMPLATE, "A template of this name is being deleted: wait 30 days or rename it."),
    (100, 2388024): Row(TEMPLATE, "The template exists in this language already: sync takes it as it is."),
    (100, 2388040): Row(TEMPLATE, "A part of the template is too long: shorten what the details name."),
    (100, 2388042): Row(TEMPLATE, "A component holds a field that Meta does not take there: remove it."),
    (100, 2388047): Row(TEMPLATE, "The header is wrong: no newline, emoji or formatting, 60 characters."),
    (100, 2388072): Row(TEMPLATE, "The body is wrong: check its variables, numbered from 1, and its length."),
    (100, 2388073): Row(TEMPLATE, "The footer is wrong: no variable, no newline, 60 characters."),
    (100, 2388043): Row(TEMPLATE, "An example for a variable is missing: give one for each."),
    (100, 2388293): Row(TEMPLATE, "Too many variables for so short a text: add words or drop variables."),
    (100, 2388299): Row(TEMPLATE, "The text begins or ends with a variable: put words around it."),
    (100, 2388318): Row(CONFIGURATION, "Meta refuses Direct Send here: use ordinary templates."),
    (100, 2388330): Row(CONFIGURATION, "Meta refuses Direct Send here: use ordinary templates."),
    (100, 2388012): Row(CONFIGURATION, _NUMBER + "Meta does not allow it; read the details."),
    (100, 2388091): Row(SLOW, _NUMBER + "a code was asked for too soon; wait.", 600, "number"),
    (100, 2388093): Row(CONFIGURATION, _NUMBER + "the code is wrong or was tried too often; ask for a new one."),
    (100, 2388103): Row(CONFIGURATION, _NUMBER + "another provider holds it; release it there first."),
    (100, 2388008): Row(TEMPLATE, "Meta refused the template: read the details and reword it."),
    (100, 2494100): Row(CONFIGURATION, "The number is being migrated or is a test number: read the details."),
    (100, 2494010): Row(CONFIGURATION, "The number is a test number or is being migrated: read the details."),
}
