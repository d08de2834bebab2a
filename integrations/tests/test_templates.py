from __future__ import annotations

import copy
from decimal import Decimal

from django.test import SimpleTestCase

from integrations.whatsapp.lint import lint
from integrations.whatsapp_templates import (
    convert_template_to_meta_format,
    format_template_components,
    get_all_templates,
    get_template_structure,
)

MONEY_FROM_TO = "new_balance_with_currency transaction_id"
VARIABLES = {
    "otp_verification": "code",
    "transaction_received": f"amount_with_currency sender_name {MONEY_FROM_TO}",
    "transaction_sent": f"amount_with_currency recipient_name {MONEY_FROM_TO}",
    "payment_received": f"amount_with_currency customer_name {MONEY_FROM_TO}",
    "payment_sent": f"amount_with_currency merchant_name {MONEY_FROM_TO}",
    "deposit_confirmed": f"amount_with_currency {MONEY_FROM_TO}",
    "withdrawal_processed": f"amount_with_currency {MONEY_FROM_TO}",
    "transaction_failed": "amount currency reason transaction_id",
    "deposit_failed": "amount currency reason transaction_id",
    "withdrawal_failed": "amount currency reason transaction_id",
    "kyc_approved": "verification_level",
    "kyc_rejected": "reason",
    "referral_bonus_credited": "bonus_amount_with_currency new_balance_with_currency",
    "welcome_message": "user_name",
}


class TemplateDefinitionTests(SimpleTestCase):
    def test_the_fourteen_take_their_variables_in_order(self):
        found = {name: " ".join(one["variables"]) for name, one in get_all_templates().items()}
        self.assertEqual(found, VARIABLES)

    def test_only_the_code_is_authentication_and_only_the_welcome_marketing(self):
        other = {name: one["category"] for name, one in get_all_templates().items() if one["category"] != "UTILITY"}
        self.assertEqual(other, {"otp_verification": "AUTHENTICATION", "welcome_message": "MARKETING"})

    def test_all_are_in_american_english_and_lint_clean(self):
        for name in VARIABLES:
            with self.subTest(name):
                submitted = convert_template_to_meta_format(name)
                self.assertEqual(submitted["language"], "en_US")
                self.assertEqual(lint(submitted), [])

    def test_no_two_share_a_text(self):
        bodies = [one["components"][0].get("text") for one in get_all_templates().values()]
        self.assertEqual(len(set(bodies)), len(bodies))

    def test_code_template_leaves_the_words_to_meta(self):
        self.assertEqual(
            convert_template_to_meta_format("otp_verification"),
            {
                "name": "otp_verification",
                "language": "en_US",
                "category": "AUTHENTICATION",
                "message_send_ttl_seconds": 300,
                "components": [
                    {"type": "BODY", "add_security_recommendation": True},
                    {"type": "FOOTER", "code_expiration_minutes": 5},
                    {
                        "type": "BUTTONS",
                        "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}],
                    },
                ],
            },
        )

    def test_what_a_caller_changes_stays_with_the_caller(self):
        get_template_structure("kyc_approved")["components"].clear()
        convert_template_to_meta_format("kyc_approved")["components"].clear()
        get_all_templates()["kyc_approved"]["variables"].clear()
        self.assertTrue(get_template_structure("kyc_approved")["components"])
        self.assertTrue(get_template_structure("kyc_approved")["variables"])

    def test_unknown_name_has_no_structure(self):
        self.assertIsNone(get_template_structure("nope"))
        with self.assertRaisesMessage(ValueError, "'nope'"):
            convert_template_to_meta_format("nope")


class FormattingTests(SimpleTestCase):
    def refused(self, name: str, variables: dict, *words: str) -> str:
        with self.assertRaises(ValueError) as error:
            format_template_components(name, variables)
        for word in (name, *words):
            self.assertIn(word, str(error.exception))
        return str(error.exception)

    def test_values_follow_the_order_of_the_template(self):
        given = {"transaction_id": "TX-1", "new_balance_with_currency": "USD 2", "amount_with_currency": "USD 1"}
        body, *rest = format_template_components("deposit_confirmed", given)
        self.assertEqual(body["type"], "body")
        self.assertEqual([one["text"] for one in body["parameters"]], ["USD 1", "USD 2", "TX-1"])
        self.assertEqual(rest, [])

    def test_code_goes_twice(self):
        parameters = [{"type": "text", "text": "482913"}]
        self.assertEqual(
            format_template_components("otp_verification", {"code": "482913"}),
            [
                {"type": "body", "parameters": parameters},
                {"type": "button", "sub_type": "url", "index": "0", "parameters": parameters},
            ],
        )

    def test_numbers_and_lists_of_strings_become_text(self):
        for value, text in ((3, "3"), (2.5, "2.5"), (Decimal("1.20"), "1.20"), (["a", "b"], "a, b"), (0, "0")):
            (body,) = format_template_components("kyc_approved", {"verification_level": value})
            self.assertEqual(body["parameters"][0]["text"], text)

    def test_unknown_template_missing_and_unknown_variables_are_named(self):
        self.refused("nope", {})
        self.refused("kyc_approved", {}, "verification_level", "missing")
        self.refused("kyc_approved", {"verification_level": "2", "colour": "red"}, "colour")

    def test_values_that_meta_refuses_are_refused_with_their_variable(self):
        for value in ("a\nb", "a\tb", "a\r\nb", "a\u2028b", "a     b", "", "  ", [], ["a\nb"]):
            with self.subTest(value):
                self.refused("kyc_rejected", {"reason": value}, "reason")
        format_template_components("kyc_rejected", {"reason": "four    spaces"})

    def test_values_of_other_types_are_refused(self):
        for value in (None, True, {"a": 1}, [1], b"x", object()):
            with self.subTest(value):
                self.refused("kyc_rejected", {"reason": value}, "reason")

    def test_text_is_measured_with_its_values_filled_in(self):
        text = get_template_structure("kyc_rejected")["components"][0]["text"]
        room = 1024 - len(text) + len("{{1}}")
        format_template_components("kyc_rejected", {"reason": "x" * room})
        self.refused("kyc_rejected", {"reason": "x" * (room + 1)}, "reason", "1025")

    def test_long_code_is_refused_and_not_repeated_in_the_error(self):
        for code in ("1234567890123456", "48\n2913"):
            self.assertNotIn(code, self.refused("otp_verification", {"code": code}, "code"))


BODY = {
    "type": "BODY",
    "text": "Hello {{1}}, your order number {{2}} left our store today and will be with you tomorrow morning.",
    "example": {"body_text": [["Tariro", "A-19"]]},
}


def template(*components: dict, **fields) -> dict:
    base = {"name": "order_update", "language": "en_US", "category": "UTILITY", "components": list(components)}
    return base | fields


def body(text: str, *examples: str) -> dict:
    return template({"type": "BODY", "text": text} | ({"example": {"body_text": [list(examples)]}}))


def buttons(*kinds: dict | str, **fields) -> dict:
    listed = [
        kind if isinstance(kind, dict) else {"type": kind, "text": f"{kind[:15]} {number}", **fields}
        for number, kind in enumerate(kinds)
    ]
    return template(BODY, {"type": "BUTTONS", "buttons": listed})


def url(address: str, **fields) -> dict:
    return buttons({"type": "URL", "text": "Track", "url": address, **fields})


def authentication(*components: dict) -> dict:
    return template(*components, category="AUTHENTICATION")


OTP = {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]}
LONG = " and this sentence is long enough to outweigh every variable that it holds, by far."
QR = "QUICK_REPLY"

TRIPPED = {
    "name": [template(BODY, name="Order-Update"), template(BODY, name="")],
    "language": [template(BODY, language="en-US"), template(BODY, language="EN")],
    "category": [template(BODY, category="OTHER")],
    "body-missing": [template()],
    "length": [
        body("x" * 1025),
        template(BODY, {"type": "FOOTER", "text": "x" * 61}),
        template(BODY, {"type": "HEADER", "format": "TEXT", "text": "x" * 61}),
    ],
    "empty": [body(" ")],
    "numbering": [body("Hi {{2}}," + LONG, "a"), body("Hi {{name}}," + LONG, "a"), body("Hi {{ 1 }}," + LONG, "a")],
    "braces": [body("Hi {1}," + LONG)],
    "edge": [body("{{1}}," + LONG, "a"), body(LONG + " Yes, {{1}}.", "a")],
    "adjacent": [body("Hi {{1}} {{2}}," + LONG + LONG, "a", "b"), body("Hi {{1}}{{2}}," + LONG + LONG, "a", "b")],
    "ratio": [body("Dear {{1}}, pay {{2}} now", "a", "b")],
    "example": [
        body("Hi {{1}}," + LONG),
        body("Hi {{1}}," + LONG, ""),
        url("https://ex.example/{{1}}"),
        template(BODY, {"type": "HEADER", "format": "TEXT", "text": "Order {{1}}"}),
    ],
    "header": [
        template(BODY, {"type": "HEADER", "format": "TEXT", "text": text, "example": {"header_text": ["a", "b"]}})
        for text in ("two\nlines", "*bold*", "joy 🎉", "{{1}} and {{2}}")
    ],
    "footer": [template(BODY, {"type": "FOOTER", "text": text}) for text in ("two\nlines", "for {{1}} only")],
    "newlines": [body("Hello\n\n\nthere")],
    "emoji": [body("Hello " + "🎉" * 11)],
    "button-count": [buttons(*[QR] * 11), buttons("URL", "URL", "URL"), buttons("PHONE_NUMBER", "PHONE_NUMBER")],
    "button-order": [buttons(QR, "PHONE_NUMBER", QR), buttons("PHONE_NUMBER", QR, "COPY_CODE", QR)],
    "button-label": [buttons({"type": QR, "text": "x" * 26}), buttons(*[{"type": QR, "text": "Yes"}] * 2)],
    "button-url": [
        url("http://ex.example/"),
        url("https://wa.me/1"),
        url("https://ex.example/{{1}}/x", example=["a"]),
        url("https://ex.example/" + "x" * 2000),
    ],
    "authentication": [
        authentication({"type": "BODY", "text": "Your code"}, OTP),
        authentication({"type": "BODY"}),
        authentication({"type": "BODY"}, {"type": "FOOTER", "code_expiration_minutes": 91}, OTP),
        authentication({"type": "BODY"}, {"type": "FOOTER"}, OTP),
        template(BODY, OTP),
    ],
}


class LintTests(SimpleTestCase):
    def test_each_rule_trips(self):
        for rule, templates in TRIPPED.items():
            for number, one in enumerate(templates):
                with self.subTest(rule, number=number):
                    self.assertIn(rule, {finding.rule for finding in lint(one)})

    def test_no_rule_is_without_a_template_that_trips_it(self):
        tripped = {finding.rule for ones in TRIPPED.values() for one in ones for finding in lint(one)}
        self.assertEqual(tripped, set(TRIPPED))

    def test_good_templates_are_clean(self):
        good = [
            template(BODY),
            template(BODY, {"type": "FOOTER", "text": "Demo Shop"}, category="marketing", language="fr"),
            template(
                {
                    "type": "HEADER",
                    "format": "TEXT",
                    "text": "Order {{1}}",
                    "example": {"header_text": ["A-19"]},
                },
                BODY,
            ),
            buttons(QR, QR, "PHONE_NUMBER"),
            buttons("PHONE_NUMBER", QR, QR),
            url("https://ex.example/t/{{1}}", example=["https://ex.example/t/A-19"]),
            body("Hello\n\nthere, all is well"),
            template({"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW"]}}, BODY),
            template(
                {
                    "type": "BODY",
                    "text": "Hello {{first_name}}," + LONG,
                    "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Tariro"}]},
                },
                parameter_format="NAMED",
            ),
            authentication({"type": "BODY"}, OTP),
        ]
        for number, one in enumerate(good):
            with self.subTest(number):
                before = copy.deepcopy(one)
                self.assertEqual(lint(one), [])
                self.assertEqual(one, before)
