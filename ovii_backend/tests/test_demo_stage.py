from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

from ovii_backend.demo.stage import Refused, fresh_stage, is_loopback, refuse_the_real_world


class RefusalTestCase(SimpleTestCase):
    def test_an_empty_environment_is_fine(self) -> None:
        refuse_the_real_world({})

    def test_a_loopback_graph_url_and_sqlite_are_fine(self) -> None:
        refuse_the_real_world({"WHATSAPP_GRAPH_URL": "http://127.0.0.1:8100", "DATABASE_ENGINE": "sqlite"})
        refuse_the_real_world({"DATABASE_ENGINE": "django.db.backends.sqlite3", "DATABASE_URL": ""})

    def test_a_graph_url_that_is_not_loopback_is_refused(self) -> None:
        for url in ("https://graph.facebook.com", "http://localhost.example.com", "http://127.0.0.1@example.com/"):
            with self.subTest(url=url), self.assertRaisesMessage(Refused, "WHATSAPP_GRAPH_URL"):
                refuse_the_real_world({"WHATSAPP_GRAPH_URL": url})

    def test_a_database_that_is_not_the_embedded_one_is_refused_without_showing_its_password(self) -> None:
        with self.assertRaises(Refused) as caught:
            refuse_the_real_world({"DATABASE_URL": "postgres://ovii:hunter2@db/ovii"})
        self.assertNotIn("hunter2", str(caught.exception))
        with self.assertRaisesMessage(Refused, "DATABASE_ENGINE is postgresql"):
            refuse_the_real_world({"DATABASE_ENGINE": "postgresql"})

    def test_loopback_is_told_by_address_not_by_spelling(self) -> None:
        self.assertTrue(is_loopback("http://[::1]:8100"))
        self.assertTrue(is_loopback("http://127.9.9.9/"))
        self.assertFalse(is_loopback("http://10.0.0.1/"))
        self.assertFalse(is_loopback("127.0.0.1:8100"))

    def test_the_command_ends_with_2_and_one_sentence(self) -> None:
        given = {"WHATSAPP_GRAPH_URL": "https://graph.facebook.com", "ENV_FILE": os.devnull}
        ended = subprocess.run(
            [sys.executable, "manage.py", "demo"],
            cwd=settings.BASE_DIR,
            env={"PATH": os.environ["PATH"], **given},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual((ended.returncode, ended.stdout), (2, ""))
        self.assertIn("WHATSAPP_GRAPH_URL is https://graph.facebook.com", ended.stderr)
        self.assertNotIn("Traceback", ended.stderr)


class StageTestCase(SimpleTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory())) / "demo"

    def test_what_an_earlier_demo_left_is_gone(self) -> None:
        self.folder.mkdir()
        (self.folder / "ovii.sqlite3").write_text("old")
        with fresh_stage(self.folder) as stage:
            self.assertEqual([path.name for path in stage.folder.iterdir()], ["logs"])

    def test_two_demos_do_not_share_a_folder(self) -> None:
        with fresh_stage(self.folder), self.assertRaisesMessage(Refused, "Another demo is running"):
            self.enterContext(fresh_stage(self.folder))

    def test_nothing_of_the_outer_environment_reaches_the_programs(self) -> None:
        with fresh_stage(self.folder) as stage:
            self.addCleanup(os.environ.pop, "REDIS_URL", None)
            os.environ["REDIS_URL"] = "redis://example.com"
            environment = stage.environment()
        self.assertNotIn("REDIS_URL", environment)
        self.assertEqual(environment["WHATSAPP_GRAPH_URL"], stage.sandbox)
        self.assertEqual(environment["VAR_DIR"], str(self.folder))

    def test_passwords_and_secrets_are_new_each_time(self) -> None:
        with fresh_stage(self.folder) as first:
            pass
        with fresh_stage(self.folder) as second:
            pass
        self.assertNotEqual(first.password, second.password)
        self.assertNotEqual(first.account.app_secret, second.account.app_secret)
