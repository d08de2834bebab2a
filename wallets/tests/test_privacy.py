from __future__ import annotations

import json
import os
import stat
import tempfile
from io import StringIO
from pathlib import Path
from unittest import mock

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.test import TestCase
from django.urls import reverse

from integrations.models import WebhookEvent
from integrations.webhook_inbox import store
from notifications.models import Contact, DeliveryAttempt, Erasure, Notification
from notifications.pseudonyms import pseudonym
from notifications.services import notify
from notifications.states import State
from tenants.services import default_tenant
from users.models import OTPRequest, User
from users.services import request_code
from wallets.models import Entry, Transaction
from wallets.services import deposit, open_wallet, transfer

TARIRO, RUDO = "+263771234567", "+263772345678"
BODY = {
    "object": "whatsapp_business_account",
    "entry": [
        {
            "id": "222",
            "changes": [
                {
                    "field": "messages",
                    "value": {
                        "messaging_product": "whatsapp",
                        "metadata": {"display_phone_number": "263770000000", "phone_number_id": "1"},
                        "messages": [
                            {"from": number, "id": f"wamid.{number}", "timestamp": "1790000000", "type": "text",
                             "text": {"body": f"Hello from {number}"}}
                            for number in ("263771234567", "263772345678")
                        ],
                    },
                }
            ],
        }
    ],
}  # fmt: skip


class PersonTestCase(TestCase):
    def setUp(self) -> None:
        self.tariro = User.objects.create_user(TARIRO, first_name="Tariro", email="tariro@example.com")
        self.rudo = User.objects.create_user(RUDO, first_name="Rudo")
        mine, theirs = (open_wallet(person, "USD") for person in (self.tariro, self.rudo))
        deposit(mine, "100.00")
        transfer(mine, theirs, "40.00", note="For Tariro's roof")
        request_code(TARIRO)
        Contact.objects.create(tenant=default_tenant(), phone=TARIRO, name="Tariro", email="tariro@example.com")
        store(json.dumps(BODY).encode())
        WebhookEvent.objects.update(status="DONE")

    def export(self, number: str = TARIRO, *options: str) -> dict:
        out = StringIO()
        call_command("export_person", number, *options, stdout=out, stderr=StringIO())
        return json.loads(out.getvalue()) if out.getvalue() else {}

    def erase(self, number: str = TARIRO, *options: str) -> str:
        out = StringIO()
        call_command("erase_person", number, *(options or ("--yes",)), stdout=out)
        return out.getvalue()


class ExportTestCase(PersonTestCase):
    def test_it_holds_everything_of_the_person_and_nothing_of_others(self) -> None:
        held = self.export()
        self.assertEqual([one["first_name"] for one in held["users"]], ["Tariro"])
        self.assertEqual([one["name"] for one in held["contacts"]], ["Tariro"])
        names = {one["template_name"] for one in held["messages"]}
        self.assertEqual(names, {"deposit_confirmed", "transaction_sent", "otp_verification"})
        self.assertTrue(all(len(one["attempts"]) == 1 for one in held["messages"]))
        self.assertEqual({one["type"] for one in held["transactions"]}, {"DEPOSIT", "TRANSFER"})
        self.assertEqual([one["amount"] for one in held["entries"]], ["100.00", "-40.00"])
        self.assertEqual(len(held["one_time_code_requests"]), 1)
        [webhook] = held["webhooks"]
        self.assertEqual([event["body"]["text"]["body"] for event in webhook["events"]], ["Hello from 263771234567"])
        self.assertNotIn(RUDO, json.dumps(held))

    def test_neither_passwords_nor_what_codes_are_made_from_are_in_it(self) -> None:
        request = OTPRequest.objects.get()
        text = json.dumps(self.export())
        for secret in (self.tariro.password, request.key_fingerprint):
            self.assertNotIn(secret, text)

    def test_any_spelling_will_do(self) -> None:
        for number in ("0771234567", "+263 77 123 4567", "00263771234567", "whatsapp:+263771234567"):
            with self.subTest(number):
                self.assertEqual(self.export(number)["phone"], TARIRO)

    def test_what_is_no_number_is_refused(self) -> None:
        for command in ("export_person", "erase_person"):
            with self.assertRaisesMessage(CommandError, "is not a phone number"):
                call_command(command, "Tariro")

    def test_a_stranger_has_an_empty_document(self) -> None:
        held = self.export("+263779999999")
        self.assertEqual((held["messages"], held["users"], held["webhooks"]), ([], [], []))

    def test_a_file_is_for_its_owner_alone_and_never_overwritten(self) -> None:
        path = Path(self.enterContext(tempfile.TemporaryDirectory()), "tariro.json")
        self.export(TARIRO, "--output", str(path))
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertEqual(json.loads(path.read_text())["phone"], TARIRO)
        with self.assertRaisesMessage(CommandError, "cannot be written"):
            self.export(TARIRO, "--output", str(path))


class EraseTestCase(PersonTestCase):
    def rows(self) -> str:
        """Everything in our tables as text, the webhooks' bodies too."""
        out = StringIO()
        call_command("dumpdata", "users", "wallets", "notifications", "admin", stdout=out)
        bodies = b"".join(bytes(row.body) for row in WebhookEvent.objects.all())
        return out.getvalue() + bodies.decode()

    def test_nothing_tells_of_the_person_any_more_and_others_stay(self) -> None:
        said = self.erase()
        self.assertIn("+263•••••••67 is forgotten", said)
        held = self.rows()
        for told in (TARIRO, "771234567", "tariro@example.com", "For Tariro's roof"):
            self.assertNotIn(told, held)
        self.assertIn(RUDO, held)

    def test_the_ledger_stays_and_points_at_a_pseudonym(self) -> None:
        before = list(Entry.objects.values_list("wallet_id", "amount", "balance_after"))
        self.erase()
        self.assertEqual(list(Entry.objects.values_list("wallet_id", "amount", "balance_after")), before)
        self.tariro.refresh_from_db()
        self.assertRegex(self.tariro.phone_number, r"^~[a-z2-7]{15}$")
        self.assertEqual((self.tariro.first_name, self.tariro.is_active), ("", False))
        self.assertFalse(self.tariro.has_usable_password())
        wallet = self.tariro.wallets.get()
        self.assertEqual((wallet.balance, wallet.is_active), (60, False))

    def test_what_has_not_left_is_cancelled(self) -> None:
        self.erase()
        theirs = Notification.objects.filter(recipient_phone=pseudonym("phone", TARIRO))
        self.assertEqual(set(theirs.values_list("status", flat=True)), {State.CANCELLED})
        self.assertEqual(Notification.objects.get(recipient_phone=RUDO).status, State.PENDING)

    def test_it_refuses_while_a_message_is_on_the_wire_and_changes_nothing(self) -> None:
        DeliveryAttempt.objects.filter(notification__template_name="transaction_sent").update(state=State.SENDING)
        with self.assertRaisesMessage(CommandError, "A message to this person is on the wire"):
            self.erase()
        self.assertIn(TARIRO, self.rows())
        self.assertFalse(Erasure.objects.exists())
        self.assertFalse(Notification.objects.filter(status=State.CANCELLED).exists())

    def test_a_second_time_finds_nothing_and_leaves_no_second_line(self) -> None:
        self.erase()
        before = self.rows()
        self.assertRegex(self.erase(), r"messages +0\n")
        self.assertEqual(self.rows(), before)
        self.assertEqual(Erasure.objects.count(), 1)

    def test_the_audit_line_names_a_pseudonym_and_counts(self) -> None:
        self.erase()
        line = Erasure.objects.get()
        self.assertEqual(line.pseudonym, pseudonym("phone", TARIRO))
        expected = {"messages": 3, "cancelled": 3, "contacts": 1, "users": 1, "webhook_bodies": 1}
        self.assertEqual({kind: line.counts[kind] for kind in expected}, expected)
        self.assertEqual(line.counts["wallets_with_money"], 1)

    def test_somebody_may_come_back_with_the_number_and_go_again(self) -> None:
        self.erase()
        User.objects.create_user(TARIRO, first_name="Tariro")
        self.erase()
        self.assertEqual(User.objects.filter(phone_number__startswith="~").count(), 2)
        self.assertEqual(Erasure.objects.count(), 2)

    def test_names_in_the_admins_log_go_too(self) -> None:
        operator = get_user_model().objects.create_superuser("+263771000001")
        LogEntry.objects.log_actions(operator.pk, [self.tariro], CHANGE, "Changed.")
        self.erase()
        self.assertEqual(LogEntry.objects.get().object_repr, "erased")

    def test_a_transfer_to_the_closed_wallet_tells_nobody_who_is_gone(self) -> None:
        mine, theirs = self.tariro.wallets.get(), self.rudo.wallets.get()
        self.erase()
        deposit(mine, "1.00")
        moved = transfer(theirs, mine, "1.00")
        self.assertEqual(moved.status, Transaction.Status.FAILED)
        self.assertFalse(Transaction.objects.filter(announced_at=None).exists())

    def test_webhooks_that_are_not_processed_yet_are_named(self) -> None:
        WebhookEvent.objects.update(status="PENDING")
        self.assertIn("1 webhook rows about this number are not processed yet", self.erase())
        WebhookEvent.objects.update(status="DONE")
        self.assertNotIn("not processed yet", self.erase())

    def test_it_asks_for_the_number_once_more(self) -> None:
        with mock.patch("builtins.input", return_value="no"), self.assertRaisesMessage(CommandError, "Nothing was"):
            self.erase(TARIRO, "--no-color")
        with mock.patch("builtins.input", return_value="077 123 4567"):
            self.assertIn("is forgotten", self.erase(TARIRO, "--no-color"))

    def test_messages_that_went_to_the_number_without_an_account(self) -> None:
        variables = {"amount_with_currency": "USD 1.00", "new_balance_with_currency": "USD 2.00", "transaction_id": "T"}
        notify("test", phone_number="+263773456789", template_name="deposit_confirmed", variables=variables)
        self.erase("+263773456789")
        self.assertNotIn("263773456789", self.rows())

    def test_the_audit_line_is_found_by_the_number(self) -> None:
        self.erase()
        self.client.force_login(get_user_model().objects.create_superuser("+263771000001"))
        page = self.client.get(reverse("admin:notifications_erasure_changelist"), {"q": "077 123 4567"})
        self.assertContains(page, pseudonym("phone", TARIRO))
