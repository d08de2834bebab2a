from __future__ import annotations

from typing import Any

from django.test import SimpleTestCase

from integrations.whatsapp.parameters import mismatch, shape_of, with_names


def texts(*values: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": value} for value in values]


def body(*values: str) -> dict[str, Any]:
    return {"type": "body", "parameters": texts(*values)}


def button(*values: str, index: str = "0") -> dict[str, Any]:
    return {"type": "button", "sub_type": "url", "index": index, "parameters": texts(*values)}


def header(*values: str) -> dict[str, Any]:
    return {"type": "header", "parameters": texts(*values)}


def named(**values: str) -> dict[str, Any]:
    given = [{"type": "text", "text": value, "parameter_name": name} for name, value in values.items()]
    return {"type": "body", "parameters": given}


BODY = {"type": "BODY", "text": "You got {{1}}, you have {{2}}."}
NAMED = {"type": "BODY", "text": "You got {{amount}}, you have {{balance}}."}
HEADER = {"type": "HEADER", "format": "TEXT", "text": "For {{1}}"}
URL = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY"}, {"type": "URL", "url": "https://ovii.example/t/{{1}}"}]}
FIXED = {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://ovii.example/"}]}
OTP = [
    {"type": "BODY", "text": "*{{1}}* is your code.", "add_security_recommendation": True},
    {"type": "FOOTER", "text": "It expires in 5 minutes."},
    {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://www.whatsapp.com/otp/code/?otp_type={{1}}"}]},
]

# What the template has at Meta, what the message brings, what Meta would say, whether all its messages are concerned.
TABLE: list[tuple[list[Any], list[Any], str, bool]] = [
    ([], [body("a")], "", False),
    ([BODY], [body("a", "b")], "", False),
    ([BODY, FIXED], [body("a", "b")], "", False),
    ([BODY], [body("a")], "takes 2 value(s) for its body, the message brings 1", True),
    ([BODY], [], "takes 2 value(s) for its body, the message brings 0", True),
    ([BODY], [body("a", "")], "value 2 of the body is empty", False),
    ([BODY], [body("a", "b\nc")], "value 2 of the body holds a newline or a tab", False),
    ([BODY], [body("a\tb", "c")], "value 1 of the body holds a newline or a tab", False),
    ([BODY], [body("a" + " " * 5 + "b", "c")], "holds more than 4 spaces in a row", False),
    ([BODY], [body("a" + " " * 4 + "b", "c")], "", False),
    ([BODY], [body("a", "b" * 1003)], "", False),
    ([BODY], [body("a", "b" * 1004)], "the body has 1025 characters with its values, Meta takes 1024", False),
    ([BODY, HEADER], [body("a", "b")], "takes 1 value(s) for its header, the message brings 0", True),
    ([BODY, HEADER], [header("x" * 56), body("a", "b")], "", False),
    ([BODY, HEADER], [header("x" * 57), body("a", "b")], "the header has 61 characters", False),
    ([BODY, {"type": "HEADER", "format": "IMAGE"}], [body("a", "b")], "header of type IMAGE", True),
    ([BODY, URL], [body("a", "b")], "takes 1 value(s) for its button 1, the message brings 0", True),
    ([BODY, URL], [body("a", "b"), button("TX1", index="1")], "", False),
    ([BODY, FIXED], [body("a", "b"), button("TX1")], "takes no values for its button 0", True),
    ([NAMED], [named(amount="1", balance="2")], "", False),
    ([NAMED], [named(balance="2", amount="1")], "", False),
    ([NAMED], [body("1", "2")], "names the value amount for its body, which is not given", True),
    ([NAMED], [named(amount="1", balance="")], "value balance of the body is empty", False),
    (OTP, [body("482913"), button("482913")], "", False),
    (OTP, [body("482913")], "takes the code for its button 0 as well", True),
    (OTP, [body("482913"), button("482914")], "takes the code for its button 0 as well", True),
    (OTP, [body("4" * 16), button("4" * 16)], "the code has over 15 characters", False),
    (OTP, [body("a", "b"), button("a")], "takes one code, the message brings 2 value(s)", True),
]


class ParameterTests(SimpleTestCase):
    def test_the_table(self) -> None:
        for stored, sent, sentence, whole in TABLE:
            with self.subTest(stored=stored, sent=sent):
                found = mismatch(shape_of(stored), sent)
                self.assertEqual(found is None, not sentence, found)
                if found:
                    self.assertIn(sentence, found.sentence)
                    self.assertEqual(found.template, whole)

    def test_no_sentence_shows_a_value(self) -> None:
        for stored, sent, sentence, _ in TABLE:
            found = mismatch(shape_of(stored), sent)
            if sentence and found:
                self.assertNotIn("482913", found.sentence)

    def test_values_get_the_names_of_their_variables(self) -> None:
        given = with_names([body("1", "2"), button("3")], ("amount", "balance"))
        self.assertIsNone(mismatch(shape_of([NAMED]), given[:1]))
        self.assertEqual(given[1], button("3"))

    def test_other_components_have_another_digest(self) -> None:
        self.assertNotEqual(shape_of([BODY]).digest, shape_of([NAMED]).digest)
        self.assertEqual(shape_of([BODY]).digest, shape_of([dict(BODY)]).digest)

    def test_odd_components_are_no_reason_to_fall_over(self) -> None:
        for odd in (
            [None, "x", 5],
            [{"type": None}],
            [{"type": "BUTTONS", "buttons": None}],
            [{"type": "BODY", "text": None}],
        ):
            mismatch(shape_of(odd), [body("a")])
