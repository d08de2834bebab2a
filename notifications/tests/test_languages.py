from __future__ import annotations

from django.test import SimpleTestCase

from notifications.languages import choose


class LanguageTests(SimpleTestCase):
    def test_the_first_wanted_language_with_an_approved_template_wins(self) -> None:
        self.assertEqual(choose(["fr", "es", "en_US"], {"es", "en_US"}), "es")

    def test_a_language_and_its_regions_are_near(self) -> None:
        self.assertEqual(choose(["en"], {"en_US"}), "en_US")
        self.assertEqual(choose(["pt_PT"], {"pt_BR"}), "pt_BR")
        self.assertEqual(choose(["fr_SN", "en_US"], {"fr", "en_US"}), "fr")

    def test_nothing_near_is_nothing(self) -> None:
        self.assertIsNone(choose(["sn"], {"en_US"}))
        self.assertIsNone(choose(["en_US"], set()))
