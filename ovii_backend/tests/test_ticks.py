from __future__ import annotations

from django.test import SimpleTestCase

from ovii_backend.celery import app


class TicksTests(SimpleTestCase):
    def test_no_tick_waits_behind_bells(self) -> None:
        for name, entry in app.conf.beat_schedule.items():
            self.assertEqual(entry["options"]["queue"], "periodic", name)
