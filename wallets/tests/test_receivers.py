from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.test import TestCase
from django.utils import timezone

from integrations.whatsapp_templates import format_template_components
from notifications.models import Notification
from users.models import User
from wallets import services
from wallets.models import Transaction, Wallet
from wallets.money import LARGEST
from wallets.signals import transaction_completed, transaction_failed
from wallets.tasks import find_unannounced
from wallets.tests.people import People, balance, books_are_straight


@contextmanager
def connected(receiver, signal=transaction_completed):
    signal.connect(receiver)
    try:
        yield
    finally:
        signal.disconnect(receiver)


class MessageTests(People, TestCase):
    def setUp(self) -> None:
        self.open_wallets()

    def test_transfer_tells_both_sides(self) -> None:
        moved = services.transfer(self.tariro, self.rudo, 25)
        common = {"amount_with_currency": "USD 25.00", "transaction_id": moved.reference}
        self.assertEqual(
            self.messages(),
            {
                "transaction_sent": common | {"recipient_name": "Rudo", "new_balance_with_currency": "USD 75.00"},
                "transaction_received": common | {"sender_name": "Tariro", "new_balance_with_currency": "USD 25.00"},
            },
        )
        sent = Notification.objects.get(template_name="transaction_sent")
        self.assertEqual((sent.recipient, sent.recipient_phone), (self.tariro.owner, "+263771000001"))

    def test_payment_tells_customer_and_merchant(self) -> None:
        services.pay(self.tariro, self.bakery, 5)
        messages = self.messages()
        self.assertEqual(set(messages), {"payment_sent", "payment_received"})
        self.assertEqual(messages["payment_sent"]["merchant_name"], "Corner Bakery")
        self.assertEqual(messages["payment_received"]["customer_name"], "Tariro")

    def test_cash_tells_the_person_alone(self) -> None:
        services.deposit(self.rudo, "1250")
        services.withdraw(self.rudo, "250")
        messages = self.messages()
        self.assertEqual(set(messages), {"deposit_confirmed", "withdrawal_processed"})
        self.assertEqual(messages["deposit_confirmed"]["amount_with_currency"], "USD 1,250.00")
        self.assertEqual(messages["withdrawal_processed"]["new_balance_with_currency"], "USD 1,000.00")

    def test_refusal_tells_the_side_that_asked_and_why(self) -> None:
        services.transfer(self.tariro, self.rudo, 1000)
        services.withdraw(self.rudo, 1)
        Wallet.objects.filter(pk=self.rudo.pk).update(is_active=False)
        services.deposit(self.rudo, 1)
        messages = self.messages()
        self.assertEqual(set(messages), {"transaction_failed", "withdrawal_failed", "deposit_failed"})
        failed = messages["transaction_failed"]
        self.assertEqual((failed["amount"], failed["currency"]), ("1,000.00", "USD"))
        self.assertEqual(failed["reason"], "the balance is not sufficient")
        told = dict(Notification.objects.values_list("template_name", "recipient_phone"))
        self.assertEqual(told["transaction_failed"], "+263771000001")

    def test_refused_payment_tells_the_customer(self) -> None:
        services.pay(self.tariro, self.bakery, 1000)
        self.assertEqual(set(self.messages()), {"transaction_failed"})

    def test_every_message_fits_its_template(self) -> None:
        services.transfer(self.tariro, self.rudo, 10)
        services.pay(self.tariro, self.bakery, 10)
        services.deposit(self.rudo, 10)
        services.withdraw(self.rudo, 10)
        services.transfer(self.tariro, self.rudo, 1000)
        services.withdraw(self.rudo, 1000)
        services.deposit(self.rudo, LARGEST)
        messages = self.messages()
        self.assertEqual(len(messages), 9)
        for template, variables in messages.items():
            self.assertTrue(format_template_components(template, variables))

    def test_name_is_one_line_and_a_masked_number_stands_for_none(self) -> None:
        User.objects.filter(pk=self.tariro.owner_id).update(first_name="Tari\n ro ", last_name="\t")
        User.objects.filter(pk=self.rudo.owner_id).update(first_name="")
        services.transfer(*Wallet.objects.filter(pk__in=(self.tariro.pk, self.rudo.pk)), 1)
        messages = self.messages()
        self.assertEqual(messages["transaction_received"]["sender_name"], "Tari ro")
        self.assertIn("•", messages["transaction_sent"]["recipient_name"])


class ReceiverTests(People, TestCase):
    def setUp(self) -> None:
        self.open_wallets()

    def test_raising_receiver_touches_neither_the_money_nor_the_other_receivers(self) -> None:
        def breaks_the_transaction(**kwargs) -> None:
            User.objects.create_user("+263771000042")
            with connection.cursor() as cursor:
                cursor.execute("SELECT * FROM no_such_table")

        with connected(breaks_the_transaction), self.assertLogs("django.dispatch", "ERROR") as logs:
            services.transfer(self.tariro, self.rudo, 25)
        self.assertIn("Traceback", logs.output[0])
        self.assertEqual(str(balance(self.rudo)), "25.00")
        self.assertEqual(len(self.messages()), 2)
        self.assertFalse(User.objects.filter(phone_number="+263771000042").exists())

    def test_refusal_leaves_no_entries_but_its_messages_even_if_a_receiver_raises(self) -> None:
        def raises(**kwargs) -> None:
            raise LookupError

        with connected(raises, transaction_failed), self.assertLogs("django.dispatch", "ERROR"):
            moved = services.transfer(self.tariro, self.rudo, 1000)
        self.assertEqual((moved.status, moved.entries.count()), ("FAILED", 0))
        self.assertEqual(set(self.messages()), {"transaction_failed"})
        self.assertTrue(books_are_straight())

    def test_receiver_may_wait_for_the_commit(self) -> None:
        seen = []

        def later(transaction: Transaction, **kwargs) -> None:
            on_commit(lambda: seen.append(transaction.reference))

        on_commit = transaction.on_commit
        with connected(later), self.captureOnCommitCallbacks(execute=True):
            moved = services.transfer(self.tariro, self.rudo, 1)
            self.assertEqual(seen, [])
        self.assertEqual(seen, [moved.reference])

    def test_coroutines_cannot_be_receivers(self) -> None:
        async def receiver(**kwargs) -> None: ...

        with self.assertRaises(TypeError):
            transaction_completed.connect(receiver)

    def test_rollback_of_the_caller_takes_money_and_messages_back(self) -> None:
        with self.assertRaises(LookupError), transaction.atomic():
            services.transfer(self.tariro, self.rudo, 25)
            raise LookupError
        self.assertEqual(self.messages(), {})
        self.assertEqual(str(balance(self.tariro)), "100.00")


class SweepTests(People, TestCase):
    def setUp(self) -> None:
        self.open_wallets()

    def lose_messages(self, **transaction: object) -> Transaction:
        """A transaction one of whose receivers failed, the messages with it."""

        def raises(**kwargs) -> None:
            raise LookupError

        with connected(raises), self.assertLogs("django.dispatch", "ERROR"):
            moved = services.transfer(self.tariro, self.rudo, 25)
        Transaction.objects.filter(pk=moved.pk).update(**transaction)
        return moved

    def test_announced_transactions_are_left_alone(self) -> None:
        services.transfer(self.tariro, self.rudo, 25)
        self.assertEqual(find_unannounced(), 0)

    def test_unannounced_transaction_is_told_again_without_a_second_message(self) -> None:
        moved = self.lose_messages(source=self.tariro)
        services.withdraw(self.tariro, 10)
        self.assertEqual(Notification.objects.filter(event__startswith="transaction_").count(), 2)
        self.assertEqual((find_unannounced(), find_unannounced()), (1, 0))
        self.assertEqual(Notification.objects.filter(event__startswith="transaction_").count(), 2)
        moved.refresh_from_db()
        self.assertIsNotNone(moved.announced_at)

    def test_name_that_changed_since_does_not_keep_a_transaction_unannounced(self) -> None:
        self.lose_messages(source=self.tariro)
        User.objects.filter(pk=self.rudo.owner_id).update(first_name="Rudo Ann")
        self.assertEqual(find_unannounced(), 1)
        sent = Notification.objects.get(template_name="transaction_sent")
        self.assertEqual(sent.template_parameters["recipient_name"], "Rudo")

    def test_what_is_older_than_a_day_is_let_go(self) -> None:
        self.lose_messages(created_at=timezone.now() - timedelta(days=1, minutes=1))
        self.assertEqual(find_unannounced(), 0)
