"""Money by message: to the owner of the number alone."""

from __future__ import annotations

from datetime import timedelta

from django.test import TestCase, override_settings
from django.utils import timezone

from notifications.answering import answer_open
from notifications.models import Contact, Notification
from notifications.tests.test_inbound import incoming, receive
from users.models import User
from users.services import verified_user
from wallets import services
from wallets.tests.people import People


@override_settings(WHATSAPP_READ_RECEIPTS=False)
class MoneyByMessageTestCase(People, TestCase):
    def setUp(self) -> None:
        self.open_wallets()
        User.objects.update(phone_verified_at=timezone.now() - timedelta(days=1))
        self.count = 0

    def asks(self, text: str, phone: str = "+263771000001") -> str:
        self.count += 1
        receive(incoming(content={"body": text}, wamid=f"wamid.{self.count}", sender=phone.removeprefix("+")))
        answer_open()
        return Notification.objects.filter(event="reply").latest("pk").body

    def test_the_owner_hears_the_balance(self) -> None:
        self.assertEqual(self.asks("Balance"), "Your balance:\nUSD 100.00")
        self.assertEqual(self.asks("solde"), "Votre solde :\nUSD 100.00")

    def test_the_history_masks_names(self) -> None:
        services.transfer(self.tariro, self.rudo, "20.00")
        told = self.asks("History")
        self.assertIn("−USD 20.00 R•••", told)
        self.assertIn("+USD 100.00 Cash", told)
        self.assertNotIn("Rudo", told)

    def test_a_stranger_hears_of_no_money(self) -> None:
        self.assertNotRegex(self.asks("balance", "+263779999999"), r"\d")

    def test_a_number_that_no_code_proved_hears_of_no_money(self) -> None:
        User.objects.update(phone_verified_at=None)
        self.assertIn("verified", self.asks("balance"))

    def test_somebody_who_is_locked_hears_of_no_money(self) -> None:
        User.objects.update(is_active=False)
        self.assertIn("verified", self.asks("history"))

    def test_after_a_change_of_number_a_new_code_is_needed(self) -> None:
        self.asks("help")
        changed = timezone.now()
        Contact.objects.update(phone_changed_at=changed)
        self.assertIn("verified", self.asks("balance"))
        User.objects.update(phone_verified_at=changed + timedelta(minutes=1))
        self.assertIn("USD 100.00", self.asks("balance"))

    def test_a_verified_user_is_the_one_of_that_number(self) -> None:
        self.assertEqual(verified_user("+263771000001"), self.tariro.owner)
        self.assertIsNone(verified_user("+263771000009"))
