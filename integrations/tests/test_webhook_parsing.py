from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from django.test import SimpleTestCase
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.tests.signed_post import APP_SECRET, PAYLOADS, encode, payload
from integrations.whatsapp.lenient import MAX_DEPTH
from integrations.whatsapp.webhooks import (
    FIELDS,
    ErrorReported,
    Event,
    IncomingMessage,
    MalformedBody,
    MessageStatus,
    TemplateReview,
    UnknownChange,
    parse,
    sign,
    verify_signature,
)

WAMID = "wamid.HBgMMjYzNzcxMjM0NTY3FQIAERgSQTFCMkMzRDRFNUY2MDcxODI5AA=="
NUMBER_ID = "106540352242922"


def parsed(name: str) -> list:
    return parse(encode(payload(name)))


def status(**changes: object) -> bytes:
    one = {"id": "wamid.A", "status": "sent", "timestamp": "1760000000", **changes}
    return encode({"entry": [{"changes": [{"field": "messages", "value": {"statuses": [one]}}]}]})


def message(**changes: object) -> bytes:
    one = {"id": "wamid.B", "from": "263771234567", "type": "text", **changes}
    return encode({"entry": [{"changes": [{"field": "messages", "value": {"messages": [one]}}]}]})


class SignatureTests(SimpleTestCase):
    escaped = b'{"a":"caf\\u00e9"}'
    accented = '{"a":"café"}'.encode()
    of_escaped = "sha256=8342fc12747a370c01521031e9c963b6b76006bf7528b8f555fb5e0c717d1348"
    of_accented = "sha256=134e97a66a07deac6230a4e35a9e7b5f743687620b7c8ec87dbc82cc2afa84fa"

    def test_signature_covers_the_exact_bytes(self) -> None:
        self.assertTrue(verify_signature(self.escaped, self.of_escaped, [APP_SECRET]))
        self.assertTrue(verify_signature(self.accented, self.of_accented, [APP_SECRET]))
        self.assertFalse(verify_signature(self.accented, self.of_escaped, [APP_SECRET]))
        self.assertEqual(sign(self.escaped, APP_SECRET), self.of_escaped)

    def test_any_of_several_secrets_will_do(self) -> None:
        self.assertTrue(verify_signature(self.escaped, self.of_escaped, ["other", APP_SECRET]))
        self.assertFalse(verify_signature(self.escaped, self.of_escaped, ["other", "another"]))

    def test_empty_secret_signs_nothing(self) -> None:
        self.assertFalse(verify_signature(b"{}", sign(b"{}", ""), ["", *[]]))
        self.assertFalse(verify_signature(b"{}", sign(b"{}", "x"), []))

    def test_header_must_have_exactly_the_documented_form(self) -> None:
        good = self.of_escaped
        for header in ("", good[7:], good.upper(), good + "0", good[:-1], good + "\n", " " + good, "sha1=" + good[7:]):
            with self.subTest(header=header):
                self.assertFalse(verify_signature(self.escaped, header, [APP_SECRET]))


class ParseTests(SimpleTestCase):
    def test_sent_status_names_message_number_person_and_price(self) -> None:
        self.assertEqual(
            parsed("status__sent"),
            [
                MessageStatus(
                    wamid=WAMID,
                    status="sent",
                    timestamp=datetime.fromtimestamp(1760000003, UTC),
                    recipient_id="263771234567",
                    recipient_user_id="ZW.1349120865530274",
                    phone_number_id=NUMBER_ID,
                    callback_data="ovii:0199cafe-0000-7000-8000-000000000001",
                    pricing={"billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility"},
                )
            ],
        )

    def test_failed_status_keeps_metas_errors(self) -> None:
        (event,) = parsed("status__failed_131026")
        self.assertEqual((event.status, event.errors[0]["code"], event.pricing), ("failed", 131026, None))

    def test_all_entries_changes_and_statuses_are_read_in_order(self) -> None:
        events = parsed("status__batch")
        self.assertEqual([event.status for event in events], ["delivered", "sent", "read", "failed", "sent"])
        self.assertEqual(events[-1].phone_number_id, "106540352242923")
        self.assertEqual(events[-1].timestamp, datetime.fromtimestamp(1760000003, UTC))

    def test_text_message_keeps_metas_object_and_the_senders_name(self) -> None:
        (event,) = parsed("message__text")
        self.assertIsInstance(event, IncomingMessage)
        self.assertEqual((event.sender, event.profile_name, event.type), ("263771234567", "Tariro", "text"))
        self.assertEqual(event.body["text"], {"body": "Bonjour, ça va? 👍"})

    def test_people_without_number_are_known_by_their_user_id(self) -> None:
        (event,) = parsed("message__user_id_as_sender")
        self.assertEqual((event.sender, event.sender_user_id), ("", "ZW.1349120865530274"))
        (read,) = parsed("status__user_id_only")
        self.assertEqual((read.recipient_id, read.recipient_user_id), ("", "ZW.1349120865530274"))
        (sent,) = parse(status(recipient_id="ZW.1349120865530274"))
        self.assertEqual((sent.recipient_id, sent.recipient_user_id), ("", "ZW.1349120865530274"))

    def test_template_review_spells_the_language_as_we_do(self) -> None:
        (event,) = parsed("template__approved")
        self.assertEqual(
            event,
            TemplateReview(
                event="APPROVED",
                template_id="1689556908129832",
                name="transaction_received",
                language="en_US",
                reason="",
                category="UTILITY",
                waba_id="102290129340398",
                at=datetime.fromtimestamp(1760000000, UTC),
            ),
        )
        self.assertEqual(parsed("template__rejected")[0].reason, "INVALID_FORMAT")
        self.assertEqual(parsed("template__paused")[0].reason, "FIRST_PAUSE")

    def test_other_fields_are_handed_on_whole(self) -> None:
        value = {"calls": [{"id": "wacid.1", "event": "connect"}]}
        body = encode({"entry": [{"id": "1", "changes": [{"field": "calls", "value": value}]}]})
        self.assertEqual(parse(body), [UnknownChange("calls", value)])

    def test_errors_alone_are_errors_of_the_number(self) -> None:
        (event,) = parsed("errors__throughput")
        self.assertEqual((type(event), event.phone_number_id), (ErrorReported, NUMBER_ID))
        self.assertEqual(event.error["code"], 130429)

    def test_payloads_of_older_guides_are_understood(self) -> None:
        self.assertEqual(parsed("older__verification_body"), [])
        (event,) = parsed("older__message")
        self.assertEqual((event.wamid, event.sender, event.phone_number_id), ("wamid.test123", "263771234567", ""))
        (event,) = parsed("older__status")
        self.assertEqual((event.status, event.phone_number_id), ("delivered", ""))
        value = payload("older__status")["entry"][0]["changes"][0]["value"]
        self.assertEqual(parse(encode(value)), [event])

    def test_every_recorded_payload_is_read_without_loss(self) -> None:
        for path in sorted(Path(PAYLOADS).glob("*__*.json")):
            with self.subTest(path.stem):
                events = parsed(path.stem)
                self.assertEqual(bool(events), path.stem != "older__verification_body")

    def test_timestamps_come_in_three_spellings_and_none(self) -> None:
        expected = datetime.fromtimestamp(1760000000, UTC)
        for raw in ("1760000000", 1760000000, 1760000000000, "1760000000000", 1760000000.0):
            self.assertEqual(parse(status(timestamp=raw))[0].timestamp, expected)
        for raw in ("", "soon", None, True, [], {}, 0, -5, 10**30, "9" * 400, "nan", "inf"):
            self.assertIsNone(parse(status(timestamp=raw))[0].timestamp)

    def test_what_postgresql_cannot_store_is_taken_out(self) -> None:
        (event,) = parse(message(text={"body": "a\x00b\ud83dc"}, type="te\x00xt"))
        self.assertEqual((event.body["text"]["body"], event.type), ("abc", "text"))

    def test_half_a_status_is_kept_as_unknown(self) -> None:
        for one in ({}, {"id": "wamid.A"}, {"status": "sent"}, "sent", None, 7):
            body = encode({"entry": [{"changes": [{"field": "messages", "value": {"statuses": [one]}}]}]})
            self.assertEqual(parse(body), [UnknownChange("messages", one)])

    def test_numbers_no_database_holds_become_text(self) -> None:
        (event,) = parse(b'{"entry":[{"changes":[{"field":"x","value":[' + b"9" * 5000 + b",1e999,NaN]}]}]}")
        self.assertEqual(event.value, ["9" * 5000, "1e999", "NaN"])

    def test_last_of_duplicate_keys_counts(self) -> None:
        body = b'{"entry":[],"entry":[{"changes":[{"field":"a","field":"b","value":1}]}]}'
        self.assertEqual(parse(body), [UnknownChange("b", 1)])

    def test_deep_nesting_is_cut_and_bottomless_nesting_refused(self) -> None:
        (event,) = parse(b'{"entry":[{"changes":[{"field":"x","value":' + b"[" * 300 + b"]" * 300 + b"}]}]}")
        self.assertEqual(json.dumps(event.value).count("["), MAX_DEPTH)
        with self.assertRaises(MalformedBody):
            parse(b"[" * 200_000)

    def test_what_is_no_json_is_one_typed_error(self) -> None:
        for body in (b"", b"<html>", b'{"entry":', b"\xff\xfe\xfa", b'{"a":"\x00"}', b"{'a':1}"):
            with self.subTest(body=body), self.assertRaises(MalformedBody):
                parse(body)


WORDS = st.sampled_from(
    (
        "entry",
        "changes",
        "field",
        "value",
        "messages",
        "statuses",
        "contacts",
        "metadata",
        "id",
        "from",
        "status",
        "errors",
        "pricing",
        "timestamp",
        "event",
        "message_template_name",
        "message_template_status_update",
        "profile",
        "recipient_id",
        "reason",
        "other_info",
        "ZW.1",
        "1760000000",
        "phone_number_id",
        "wa_id",
        "user_id",
        "name",
        "type",
        "system",
        "edit",
        "reaction",
        "message_echoes",
        "ban_info",
        "restriction_info",
        "alert_info",
        "decision",
        "display_phone_number",
        "new_category",
        "message_template_element",
        "message_template_buttons",
        *FIELDS,
    )
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=3), inner, max_size=5),
    max_leaves=30,
)
ENVELOPES = st.builds(
    lambda field, value: {"entry": [{"id": "1", "changes": [{"field": field, "value": value}]}]},
    WORDS,
    st.dictionaries(WORDS, JSON, max_size=6),
)


class AnyJsonTests(SimpleTestCase):
    @given(JSON | ENVELOPES)
    @settings(max_examples=150, deadline=None)
    def test_no_json_value_whatever_stops_the_parser(self, document: object) -> None:
        for event in parse(json.dumps(document).encode()):
            self.assertIsInstance(event, Event)

    @given(st.binary(max_size=200))
    @settings(max_examples=100, deadline=None)
    def test_any_bytes_parse_or_are_malformed(self, body: bytes) -> None:
        try:
            parse(body)
        except MalformedBody as error:
            self.assertNotIn("Traceback", str(error))
