"""Which command a text means. A harmless text never means STOP."""

from __future__ import annotations

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from notifications.commands import known_keywords
from notifications.keywords import POLITE, SHORTEST_FORGIVEN, Keyword, fold, match

MEANT = {
    "BALANCE": (
        "Balance", "BALANCE!", "  balance ?", "balanse", "blance", "balanec", "Solde", "mon solde", "Sáldo",
        "mari yangu",
    ),
    "HISTORY": ("History", "histroy", "Relevé", "historial", "NHOROONDO", "Historique s'il vous plaît"),
    "HELP": ("help", "Aide.", "¿Ayuda?", "ayudda", "please help"),
    "STOP": ("stop", "STOP!", "Stop, please", "arrêter", "ARRET", "Baja", "stop all"),
    "START": ("start", "REPRENDRE", "tanga"),
}  # fmt: skip
HARMLESS = (
    "shop", "step", "top", "stoop", "stops", "stpo", "don't stop", "bus stop", "stop by at six", "start now", "parra",
    "caja", "", "?", "👍", "hello", "balance sheet", "soldes", "unsubscribed?", "mira", "end", "cancel",
)  # fmt: skip


def command(text: str) -> str | None:
    found = match(text, known_keywords())
    return found.keyword.command if found else None


class KeywordsTestCase(SimpleTestCase):
    def test_people_write_as_they_like(self) -> None:
        for name, texts in MEANT.items():
            for text in texts:
                with self.subTest(text):
                    self.assertEqual(command(text), name)

    def test_harmless_texts_stop_nothing_and_start_nothing(self) -> None:
        for text in HARMLESS:
            with self.subTest(text):
                self.assertNotIn(command(text), ("STOP", "START"))

    def test_no_two_commands_share_a_keyword(self) -> None:
        phrases = [keyword.phrase for keyword in known_keywords()]
        self.assertEqual(len(phrases), len(set(phrases)))

    def test_a_slip_between_two_commands_means_neither(self) -> None:
        keywords = [Keyword("cards", "en", "CARDS"), Keyword("cares", "en", "CARES")]
        self.assertIsNone(match("caris", keywords))

    def test_an_argument_is_kept_as_it_was_written(self) -> None:
        found = match("Stock  Riz Basmati", [Keyword("stock", "en", "STOCK")], ["STOCK"])
        self.assertEqual(found.argument, "Riz Basmati")

    @given(st.text(max_size=40))
    def test_whatever_means_stop_is_a_stop_word_and_politeness(self, text: str) -> None:
        if command(text) in ("STOP", "START"):
            self.assertTrue(consists_of_stop_words(text))

    @given(st.sampled_from(known_keywords()), st.integers(0, 30), st.characters(categories=["Ll"]))
    def test_one_changed_letter_never_makes_a_stop(self, keyword: Keyword, place: int, letter: str) -> None:
        place %= len(keyword.phrase)
        for changed in (
            keyword.phrase[:place] + letter + keyword.phrase[place + 1 :],
            keyword.phrase[:place] + keyword.phrase[place + 1 :],
            keyword.phrase[:place] + letter + keyword.phrase[place:],
        ):
            if command(changed) in ("STOP", "START"):
                self.assertTrue(consists_of_stop_words(changed))

    @given(st.sampled_from([one for one in known_keywords() if one.forgiving]), st.integers(0, 30))
    def test_a_letter_left_out_is_forgiven_in_long_words_alone(self, keyword: Keyword, place: int) -> None:
        place %= len(keyword.phrase)
        changed = fold(keyword.phrase[:place] + keyword.phrase[place + 1 :])
        meant = command(changed)
        if len(keyword.phrase) < SHORTEST_FORGIVEN:
            self.assertNotEqual(meant, keyword.command)
        elif changed.count(" ") == keyword.phrase.count(" "):
            self.assertIn(meant, (keyword.command, None))


def consists_of_stop_words(text: str) -> bool:
    rest = fold(text)
    for polite in sorted(POLITE, key=len, reverse=True):
        rest = rest.removesuffix(f" {polite}").removeprefix(f"{polite} ")
    return rest in {one.phrase for one in known_keywords() if one.command in ("STOP", "START")}
