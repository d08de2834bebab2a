"""Files of people are fetched later, tried again where that helps, and leave with the person."""

from __future__ import annotations

import tempfile
from io import BytesIO
from typing import Any
from unittest.mock import patch

from django.core.files.storage import default_storage
from django.test import TestCase, override_settings
from django.utils import timezone

from integrations.media import Downloaded, MediaNotYet, MediaRefused
from notifications import erasing, media, people
from notifications.models import Contact, InboundMessage
from notifications.tests.outside import PHONE
from notifications.tests.test_inbound import MEDIA, incoming, receive


class MediaTestCase(TestCase):
    def setUp(self) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.enterContext(override_settings(MEDIA_ROOT=folder))
        receive(incoming("document", MEDIA | {"mime_type": "application/pdf", "filename": "../../id.pdf"}))

    def fetch(self, outcome: Any = None) -> InboundMessage:
        InboundMessage.objects.filter(media_state="waiting").update(media_due_at=timezone.now())
        found = outcome or Downloaded(BytesIO(b"%PDF"), 4)
        with patch("notifications.media.fetch", side_effect=[found] if outcome is None else outcome):
            media.fetch_waiting()
        return InboundMessage.objects.get()

    def test_a_file_gets_a_name_of_ours(self) -> None:
        row = self.fetch()
        self.assertRegex(row.media_file.name, r"^inbound/\d{4}/\d\d/[0-9a-f]{32}\.pdf$")
        self.assertEqual((row.media_state, row.media_size), ("fetched", 4))

    def test_what_may_come_is_tried_again_and_fails_in_the_end(self) -> None:
        row = self.fetch(MediaNotYet("Meta is away."))
        self.assertEqual((row.media_state, row.media_error), ("waiting", "Meta is away."))
        self.assertGreater(row.media_due_at, timezone.now())
        for _ in range(media.MAX_TRIES):
            row = self.fetch(MediaNotYet("Meta is away."))
        self.assertEqual((row.media_state, row.media_tries), ("failed", media.MAX_TRIES))
        self.assertEqual(media.try_again([row]), 1)
        self.assertEqual(self.fetch().media_state, "fetched")

    def test_what_must_not_be_taken_fails_at_once(self) -> None:
        row = self.fetch(MediaRefused("It is another file."))
        self.assertEqual((row.media_state, row.media_error), ("failed", "It is another file."))

    def test_a_file_goes_with_the_person(self) -> None:
        name = self.fetch().media_file.name
        with self.captureOnCommitCallbacks(execute=True):
            erasing.erase(people.find(PHONE))
        self.assertFalse(default_storage.exists(name))

    def test_a_file_goes_with_a_deleted_contact(self) -> None:
        name = self.fetch().media_file.name
        with self.captureOnCommitCallbacks(execute=True):
            Contact.objects.all().delete()
        self.assertFalse(default_storage.exists(name))

    def test_a_file_of_somebody_who_was_forgotten_meanwhile_is_not_kept(self) -> None:
        def forget(*_: Any, **__: Any) -> Downloaded:
            erasing.erase(people.find(PHONE))
            return Downloaded(BytesIO(b"%PDF"), 4)

        row = self.fetch(forget)
        self.assertEqual((row.media_state, row.media_file.name), ("failed", ""))
        years = default_storage.listdir("inbound")[0]
        months = default_storage.listdir(f"inbound/{years[0]}")[0]
        self.assertEqual(default_storage.listdir(f"inbound/{years[0]}/{months[0]}")[1], [])
