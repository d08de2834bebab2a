from __future__ import annotations

from django.test import SimpleTestCase

from users import otp

RFC_4226_KEY = b"12345678901234567890"
RFC_4226_CODES = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]
REQUEST = {
    "purpose": "login",
    "phone_number": "+263771234567",
    "request_id": "9b2e1c1e-7f0e-4f5c-9a55-1d4b8d6f0a11",
    "digits": 6,
}


class OneTimeCodeTests(SimpleTestCase):
    def test_values_are_those_of_rfc_4226_appendix_d(self) -> None:
        self.assertEqual([otp.hotp(RFC_4226_KEY, counter, 6) for counter in range(10)], RFC_4226_CODES)

    def test_eight_digits_are_the_longer_truncation_of_the_same_value(self) -> None:
        self.assertEqual(otp.hotp(RFC_4226_KEY, 0, 8), "84755224")

    def test_same_request_has_same_code(self) -> None:
        self.assertEqual(otp.code_for("a secret", **REQUEST), otp.code_for("a secret", **REQUEST))

    def test_key_purpose_phone_and_request_each_change_the_code(self) -> None:
        wide = REQUEST | {"digits": 9}
        others = [
            otp.code_for("another secret", **wide),
            otp.code_for("a secret", **wide | {"purpose": "payout"}),
            otp.code_for("a secret", **wide | {"phone_number": "+263771234568"}),
            otp.code_for("a secret", **wide | {"request_id": "9b2e1c1e-7f0e-4f5c-9a55-1d4b8d6f0a12"}),
        ]
        self.assertEqual(len({otp.code_for("a secret", **wide), *others}), 5)

    def test_fingerprint_tells_keys_apart_and_does_not_contain_them(self) -> None:
        self.assertNotEqual(otp.fingerprint("one"), otp.fingerprint("two"))
        self.assertNotIn("one", otp.fingerprint("one"))
        self.assertEqual(len(otp.fingerprint("one")), 16)
