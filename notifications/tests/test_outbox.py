from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.test import TestCase
from django.utils import timezone

from integrations.phone import InvalidPhoneNumber
from notifications.content import Address, TemplateContent, TextContent
from notifications.exceptions import IdempotencyConflict
from notifications.models import DeliveryAttempt, IdempotencyKey, Notification
from notifications.secrets import SecretRef, register
from notifications.services import notify
from notifications.tests.outside import DEPOSIT, PHONE
from tenants.models import Tenant


def deposit(**changes: object) -> Notification:
    arguments = {"phone_number": PHONE, "template_name": "deposit_confirmed", "variables": DEPOSIT}
    return notify("transaction_completed", **arguments | changes)


class NotifyTests(TestCase):
    def test_a_message_is_one_row_with_one_pending_attempt(self) -> None:
        message = deposit()
        attempt = DeliveryAttempt.objects.get()
        self.assertEqual((message.status, message.recipient_phone, message.channel), ("PENDING", PHONE, "WHATSAPP"))
        self.assertEqual((attempt.notification, attempt.number, attempt.state), (message, 1, "PENDING"))
        self.assertEqual(attempt.token.version, 7)

    def test_it_belongs_to_the_default_tenant_unless_another_is_named(self) -> None:
        bakery = Tenant.objects.create(name="Bakery", slug="bakery", country="ES")
        self.assertEqual(deposit().tenant.name, "Ovii")
        self.assertEqual(deposit(tenant=bakery).tenant, bakery)

    def test_numbers_are_read_as_of_the_tenants_country(self) -> None:
        bakery = Tenant.objects.create(name="Bakery", slug="bakery", country="ES")
        self.assertEqual(deposit(phone_number="077 123 4567").recipient_phone, PHONE)
        self.assertEqual(deposit(phone_number="612 345 678", tenant=bakery).recipient_phone, "+34612345678")
        self.assertEqual(deposit(phone_number="whatsapp:+263-77-123-4567").recipient_phone, PHONE)

    def test_it_vanishes_with_the_transaction_that_rolls_back(self) -> None:
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            deposit()
            _ = 1 / 0
        self.assertFalse(Notification.objects.exists())

    def test_lifetimes_follow_the_lane(self) -> None:
        def lifetime(message: Notification) -> timedelta:
            return message.expires_at - timezone.now()

        self.assertAlmostEqual(lifetime(deposit()) / timedelta(hours=1), 24, places=1)
        self.assertAlmostEqual(lifetime(deposit(lane="bulk")) / timedelta(hours=1), 72, places=1)

    def test_decimals_become_text(self) -> None:
        message = deposit(variables=DEPOSIT | {"amount_with_currency": Decimal("25.00")})
        self.assertEqual(message.template_parameters["amount_with_currency"], "25.00")

    def test_plain_text_is_kept_as_body(self) -> None:
        message = notify("note", to=Address(phone=PHONE), content=TextContent("Hello"))
        self.assertEqual((message.message_type, message.body), ("text", "Hello"))


class RefusalTests(TestCase):
    def refused(self, words: str, kind: type[Exception] = ValueError, **changes: object) -> None:
        with self.assertRaisesRegex(kind, words):
            deposit(**changes)
        self.assertFalse(Notification.objects.exists())

    def test_a_bad_number(self) -> None:
        self.refused("not a phone number.*country code", InvalidPhoneNumber, phone_number="hello")
        self.refused("too few or too many digits", InvalidPhoneNumber, phone_number="+26377")

    def test_no_address(self) -> None:
        self.refused("needs an address", phone_number="")
        self.refused("needs a phone number", phone_number=None, to=Address(email="a@b.example"))

    def test_an_unknown_template(self) -> None:
        self.refused("hello_wrld", template_name="hello_wrld")

    def test_a_missing_variable_is_named(self) -> None:
        self.refused("transaction_id", variables={k: v for k, v in DEPOSIT.items() if k != "transaction_id"})

    def test_a_newline_in_a_variable(self) -> None:
        self.refused("transaction_id", variables=DEPOSIT | {"transaction_id": "TX\n1"})

    def test_a_variable_that_is_neither_text_nor_number(self) -> None:
        self.refused("'transaction_id' must be text", variables=DEPOSIT | {"transaction_id": {"a": 1}})
        self.refused("'transaction_id' must be text", variables=DEPOSIT | {"transaction_id": True})

    def test_an_unknown_lane_or_channel(self) -> None:
        self.refused("Unknown lane 'fast'", lane="fast")
        self.refused("Unknown channel PIGEON", channels=["PIGEON"])

    def test_a_code_as_a_plain_variable(self) -> None:
        self.refused("references in secrets=", template_name="otp_verification", variables={"code": "123456"})

    def test_a_secret_that_nobody_resolves(self) -> None:
        self.refused(
            "Nobody resolves secrets of kind 'magic'",
            template_name="otp_verification",
            variables={},
            secrets={"code": SecretRef("magic", "1")},
        )

    def test_an_empty_text(self) -> None:
        self.refused("may not be empty", content=TextContent("  "))

    def test_a_text_that_whatsapp_does_not_take(self) -> None:
        self.refused("holds 4096 characters", content=TextContent("x" * 4097))

    def test_two_resolvers_of_one_name(self) -> None:
        register("test-outbox", dict.fromkeys)
        with self.assertRaisesRegex(ValueError, "test-outbox"):
            register("test-outbox", lambda refs: {})


class IdempotencyTests(TestCase):
    def test_the_same_key_and_payload_give_the_same_row(self) -> None:
        first, second = deposit(idempotency_key="tx:1"), deposit(idempotency_key="tx:1")
        self.assertEqual(first, second)
        self.assertEqual((Notification.objects.count(), DeliveryAttempt.objects.count()), (1, 1))

    def test_the_same_key_with_another_payload_is_a_conflict(self) -> None:
        deposit(idempotency_key="tx:1")
        with self.assertRaisesRegex(IdempotencyConflict, "tx:1"):
            deposit(idempotency_key="tx:1", phone_number="+263772222222")
        self.assertEqual(Notification.objects.count(), 1)

    def test_keys_are_per_tenant(self) -> None:
        bakery = Tenant.objects.create(name="Bakery", slug="bakery")
        self.assertNotEqual(deposit(idempotency_key="k"), deposit(idempotency_key="k", tenant=bakery))

    def test_a_key_is_released_by_a_rollback(self) -> None:
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            deposit(idempotency_key="k")
            _ = 1 / 0
        self.assertTrue(deposit(idempotency_key="k").pk)

    def test_a_key_outlives_its_row(self) -> None:
        deposit(idempotency_key="k").delete()
        repeated = deposit(idempotency_key="k")
        self.assertIsNone(repeated.pk)
        self.assertEqual(IdempotencyKey.objects.count(), 1)

    def test_content_is_compared_whatever_the_order_of_variables(self) -> None:
        first = deposit(idempotency_key="k")
        again = deposit(idempotency_key="k", variables=dict(reversed(DEPOSIT.items())))
        self.assertEqual(first, again)
        self.assertEqual(first.template_name, TemplateContent("deposit_confirmed").name)


class BellTests(TestCase):
    def test_many_messages_of_one_transaction_ring_once_for_their_lane(self) -> None:
        with self.captureOnCommitCallbacks() as calls:
            for number in range(3):
                deposit(phone_number=f"+26377123456{number}")
            deposit(lane="bulk")
        self.assertEqual([call.lane for call in calls], ["transactional", "bulk"])

    def test_a_bell_that_was_taken_back_does_not_silence_the_next(self) -> None:
        with self.captureOnCommitCallbacks() as calls:
            with suppress(ZeroDivisionError), transaction.atomic():
                deposit()
                raise ZeroDivisionError
            deposit()
        self.assertEqual(len(calls), 1)

    def test_a_bell_of_an_inner_block_rings_for_the_outer_ones(self) -> None:
        with self.captureOnCommitCallbacks() as calls, transaction.atomic():
            with transaction.atomic():
                deposit()
            with suppress(ZeroDivisionError), transaction.atomic():
                deposit()
                raise ZeroDivisionError
            deposit()
        self.assertEqual(len(calls), 1)
