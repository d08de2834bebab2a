"""Files of people: from known hosts alone, bounded, and only if they are what Meta said."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from unittest.mock import patch

from django.test import SimpleTestCase, override_settings

from integrations.credentials import Credentials
from integrations.media import MediaNotYet, MediaRefused, fetch
from integrations.services import WhatsAppClient
from integrations.tests.graph_server import Reply, Request, graph_server
from integrations.whatsapp import downloads
from integrations.whatsapp.downloads import check_address

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 100
DIGEST = hashlib.sha256(PNG)
HOSTS = {"lookaside.fbsbx.com"}


class AddressTestCase(SimpleTestCase):
    def test_the_token_goes_to_known_hosts_alone(self) -> None:
        check_address("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", HOSTS)
        check_address("https://graph.facebook.com/v25.0/1", HOSTS)
        for url in (
            "http://lookaside.fbsbx.com/1",
            "https://lookaside.fbsbx.com:8443/1",
            "https://lookaside.fbsbx.com.example.com/1",
            "https://example.com/lookaside.fbsbx.com",
            "https://lookaside.fbsbx.com@example.com/1",
            "https://user:word@lookaside.fbsbx.com/1",
            "https://169.254.169.254/latest",
            "file:///etc/passwd",
            "https://[broken",
            "",
        ):
            with self.subTest(url), self.assertRaises(MediaRefused):
                check_address(url, HOSTS)


class FetchingTestCase(SimpleTestCase):
    def setUp(self) -> None:
        self.meta = self.enterContext(graph_server())
        self.meta.handler = self.answer
        self.enterContext(override_settings(WHATSAPP_GRAPH_URL=self.meta.url))
        self.told: dict[str, Any] = {"mime_type": "image/png", "sha256": DIGEST.hexdigest()}
        self.file = Reply(body=PNG)
        credentials = Credentials(waba_id="222", phone_number_id="106", access_token="EAAtoken")
        self.client_ = WhatsAppClient(credentials)

    def answer(self, request: Request) -> Reply:
        if "lookaside" in request.path:
            return self.file
        return Reply(body={"url": f"{self.meta.url}/lookaside/1", **self.told})

    def fetch(self, **changes: Any) -> bytes:
        known = {"kind": "image", "mime": "image/png", "sha256": base64.b64encode(DIGEST.digest()).decode()}
        found = fetch(self.client_, "1", **known | changes)
        with found.file as file:
            return file.read()

    def test_a_file_that_is_what_meta_said_is_taken(self) -> None:
        self.assertEqual(self.fetch(), PNG)
        self.assertEqual(self.meta.requests[-1].headers["Authorization"], "Bearer EAAtoken")

    def test_another_digest_type_or_beginning_is_refused(self) -> None:
        for changes in (
            {"sha256": base64.b64encode(b"0" * 32).decode()},
            {"sha256": "nonsense"},
            {"mime": "image/jpeg"},
        ):
            with self.subTest(changes), self.assertRaises(MediaRefused):
                self.fetch(**changes)
        self.told = {"mime_type": "image/jpeg"}
        with self.assertRaisesMessage(MediaRefused, "does not begin as image/jpeg"):
            self.fetch(mime="")

    def test_a_redirect_is_not_followed(self) -> None:
        self.file = Reply(status=302, headers={"Location": "https://example.com/"})
        with self.assertRaisesMessage(MediaRefused, "redirect"):
            self.fetch()

    def test_a_file_beyond_its_limit_is_refused(self) -> None:
        self.enterContext(_limited("image", 50))
        with self.assertRaisesMessage(MediaRefused, "more than"):
            self.fetch()

    def test_what_may_come_later_is_tried_again(self) -> None:
        self.file = Reply(status=404, body=b"URL signature expired")
        with self.assertRaises(MediaNotYet):
            self.fetch()

    def test_another_host_gets_no_token(self) -> None:
        self.told = {"url": "https://example.com/1"}
        with self.assertRaisesMessage(MediaRefused, "WHATSAPP_MEDIA_HOSTS"):
            self.fetch()
        self.assertEqual(len(self.meta.requests), 1)


def _limited(kind: str, limit: int) -> Any:
    return patch.dict(downloads.LIMITS, {kind: limit})
