"""The table of errors, against a list of Meta's codes written down apart from it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from django.test import SimpleTestCase

from integrations.exceptions import Action, Outcome, UncertainOutcome, WhatsAppError
from integrations.whatsapp.error_table import CODES, RANGES, SUBCODES
from integrations.whatsapp.errors import CLASSES, error_from_response, error_from_webhook
from integrations.whatsapp.usage import requested_pause

# Meta, WhatsApp Cloud API, Error Codes; Graph API, Handle Errors.
RETRY = "1 2 131000 131016 131052 131053 131057 131059 133000 133004 133015 1014"
SLOW = "4 613 80007 80008 130429 131048 131056 132069 133008 133009 133016 136024"
RECIPIENT = "130472 130497 131021 131026 131043 131049 131050 131062 137000 1013 1026"
TEMPLATE = "131058 132000 132001 132007 132012 132015 132016 132068"
CONFIGURATION = (
    "0 3 10 33 190 200 210 299 368 2635 131005 131030 131031 131037 131042 131044 131045 131063 131064 "
    "133005 133006 133010 134011 139200 141000 141005 141010"
)
PAYLOAD = "100 131008 131009 131014 131051 132005 132018 135000 1006"
WINDOW = "131047 470"

EXPECTED = {
    int(code): action
    for action, codes in (
        (Action.RETRY, RETRY),
        (Action.SLOW, SLOW),
        (Action.RECIPIENT, RECIPIENT),
        (Action.TEMPLATE, TEMPLATE),
        (Action.CONFIGURATION, CONFIGURATION),
        (Action.PAYLOAD, PAYLOAD),
        (Action.WINDOW, WINDOW),
    )
    for code in codes.split()
}
TEMPLATE_SUBCODES = "2388019 2388023 2388024 2388040 2388042 2388047 2388072 2388073 2388293 2388299 2388043 2388008"
EXPECTED_SUBCODES = {
    **{(100, int(subcode)): Action.TEMPLATE for subcode in TEMPLATE_SUBCODES.split()},
    **{(190, subcode): Action.CONFIGURATION for subcode in (458, 459, 460, 463, 464, 467, 492)},
    **{
        (100, subcode): Action.CONFIGURATION
        for subcode in (33, 2388318, 2388330, 2388012, 2388093, 2388103, 2494100, 2494010)
    },
    (10, 2388185): Action.CONFIGURATION,
    (100, 2388091): Action.SLOW,
}
BUCKETS = {130429: "number", 131048: "campaign", 131056: "pair", 80007: "waba", 80008: "waba", 4: "app"}


def answer(status: int = 400, headers: dict | None = None, **error) -> WhatsAppError:
    return error_from_response(status, headers or {}, {"error": error})


class ErrorTableTests(SimpleTestCase):
    def test_every_documented_code_has_its_class(self):
        for code, action in EXPECTED.items():
            with self.subTest(code):
                error = answer(code=code)
                self.assertIs(error.action, action)
                self.assertIs(type(error), CLASSES[action])
                self.assertEqual((error.code, error.outcome), (code, Outcome.REFUSED))

    def test_every_documented_subcode_has_its_class(self):
        for (code, subcode), action in EXPECTED_SUBCODES.items():
            with self.subTest((code, subcode)):
                error = answer(code=code, error_subcode=subcode)
                self.assertIs(error.action, action)
                self.assertEqual(error.subcode, subcode)

    def test_table_holds_nothing_that_the_list_does_not_know(self):
        self.assertLessEqual(set(CODES), set(EXPECTED))
        self.assertEqual(set(SUBCODES), set(EXPECTED_SUBCODES))

    def test_every_row_tells_the_operator_cause_and_remedy(self):
        rows = [*CODES.values(), *SUBCODES.values(), *(row for *_, row in RANGES)]
        for row in rows:
            with self.subTest(row.sentence):
                self.assertRegex(row.sentence, r"^[A-Z1h].+[:;] .+\.$|^Over 24 hours .+\.$")

    def test_what_may_go_again_says_when_and_a_throttle_says_which_bucket(self):
        for row in [*CODES.values(), *SUBCODES.values()]:
            with self.subTest(row.sentence):
                again = row.action in (Action.RETRY, Action.SLOW)
                self.assertEqual(row.retry_after is not None, again)
                self.assertEqual(row.bucket in ("number", "campaign", "pair", "waba", "app"), row.action is Action.SLOW)
        for code, bucket in BUCKETS.items():
            self.assertEqual(answer(code=code).bucket, bucket)

    def test_webhook_failures_use_the_same_table(self):
        error = error_from_webhook(
            [{"code": 131047, "title": "Re-engagement message", "error_data": {"details": "Over 24 hours"}}]
        )
        self.assertIs(error.action, Action.WINDOW)
        self.assertEqual((error.title, error.details), ("Re-engagement message", "Over 24 hours"))

    def test_webhook_without_errors_or_with_an_unknown_first_is_no_riddle(self):
        self.assertIs(error_from_webhook([]).action, Action.UNKNOWN)
        self.assertEqual(error_from_webhook([{"code": 5}, {"code": 131026}]).code, 131026)
        self.assertIs(error_from_webhook([{}, "odd"]).action, Action.UNKNOWN)


class EnvelopeTests(SimpleTestCase):
    def test_error_data_may_be_object_json_string_text_or_absent(self):
        data = {"details": "why"}
        for given in (data, json.dumps(data)):
            self.assertEqual(answer(code=100, error_data=given).details, "why")
        self.assertEqual(answer(code=100, error_data="plain").details, "plain")
        self.assertEqual(answer(code=100, message="(#100) x").details, "(#100) x")
        for odd in (None, 7, [], {"details": None}, "[1]", "null"):
            answer(code=100, error_data=odd)

    def test_unknown_code_is_final_unless_meta_calls_it_transient_or_the_status_says_so(self):
        self.assertFalse(answer(code=999).retryable)
        self.assertIn("999", answer(code=999).operator_message)
        self.assertIs(answer(code=999, is_transient=True).action, Action.RETRY)
        self.assertIs(answer(429, code=999).action, Action.SLOW)
        self.assertIs(answer(503, code=999).action, Action.RETRY)

    def test_transient_goes_again_whatever_the_code(self):
        self.assertTrue(answer(code=131026, is_transient=True).retryable)
        self.assertIs(answer(code=130429, is_transient=True).action, Action.SLOW)

    def test_codes_as_text_and_envelopes_without_code_are_understood(self):
        self.assertIs(answer(code="131056", error_subcode="7").action, Action.SLOW)
        for odd in (None, "x", [], {}, 1e400):
            self.assertIs(answer(code=odd).action, Action.UNKNOWN)

    def test_pause_is_the_longer_of_both_headers(self):
        usage = {"222": [{"estimated_time_to_regain_access": 0}, {"estimated_time_to_regain_access": 3}]}
        headers = {"retry-after": "20", "X-Business-Use-Case-Usage": json.dumps(usage)}
        self.assertEqual(answer(headers=headers, code=80007).retry_after, 180.0)
        self.assertEqual(answer(code=80007).retry_after, 300.0)

    def test_retry_after_may_be_a_date(self):
        date = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
        pause = requested_pause({"Retry-After": date})
        self.assertAlmostEqual(pause, 600, delta=30)

    def test_headers_that_say_nothing_sensible_are_ignored(self):
        for value in ("", "soon", "-5", "nan", "inf", "0", "Wed, 21 Oct 2015 07:28:00 GMT"):
            self.assertIsNone(requested_pause({"Retry-After": value}), value)
        for value in ("", "[]", "{}", "null", '{"1": 2}', '{"1": [3]}', '{"1": [{}]}'):
            self.assertIsNone(requested_pause({"X-Business-Use-Case-Usage": value}), value)
        self.assertEqual(requested_pause({"Retry-After": "99999999"}), 72 * 3600)

    def test_final_refusals_have_no_pause(self):
        self.assertIsNone(answer(headers={"Retry-After": "5"}, code=131026).retry_after)

    def test_error_as_stored_holds_its_answers(self):
        stored = answer(code=131056, fbtrace_id="T").as_dict()
        for key, value in {"code": 131056, "fbtrace_id": "T", "retryable": True, "bucket": "pair"}.items():
            self.assertEqual(stored[key], value)
        json.dumps(stored)

    def test_uncertain_is_never_retryable(self):
        self.assertFalse(UncertainOutcome("?", action=Action.RETRY).retryable)

    def test_error_takes_no_unknown_answers(self):
        with self.assertRaises(TypeError):
            WhatsAppError("?", colour="red")
