"""What Meta would refuse of buttons, lists, links and files is refused here, in words."""

from __future__ import annotations

from django.test import SimpleTestCase

from integrations.whatsapp.interactive import AskLocation, Button, Buttons, Link, Menu, Row, Section, interactive_object
from integrations.whatsapp.media_types import check_upload
from integrations.whatsapp.messages import interactive_message, media_object, read_receipt

YES = Button("y", "Yes")
FINE = Section([Row("r", "Row")])
REFUSED = (
    ("Hi", Buttons([]), "one to 3"),
    ("Hi", Buttons([Button(str(n), str(n)) for n in range(4)]), "one to 3"),
    ("Hi", Buttons([YES, Button("y", "No")]), "same id"),
    ("Hi", Buttons([YES, Button("n", "Yes")]), "same title"),
    ("Hi", Buttons([Button(" y", "Yes")]), "space"),
    ("Hi", Buttons([Button("y" * 257, "Yes")]), "256"),
    ("Hi", Buttons([Button("y", "Y" * 21)]), "20"),
    ("", Buttons([YES]), "empty"),
    ("x" * 1025, Buttons([YES]), "1024"),
    ("x" * 4097, Menu("Open", [FINE]), "4096"),
    ("Hi", Menu("O" * 21, [FINE]), "20"),
    ("Hi", Menu("Open", []), "one to 10"),
    ("Hi", Menu("Open", [Section([])]), "one to 10"),
    ("Hi", Menu("Open", [Section([Row(str(n), "R") for n in range(11)])]), "10 rows"),
    ("Hi", Menu("Open", [FINE, Section([Row("s", "Row")])]), "title"),
    ("Hi", Menu("Open", [Section([Row("r", "R", "d" * 73)])]), "72"),
    ("Hi", Menu("Open", [Section([Row("r", "R" * 25)])]), "24"),
    ("Hi", Menu("Open", [Section([Row("r", "A"), Row("r", "B")])]), "same id"),
    ("Hi", Link("Open", "ftp://example.com"), "http"),
    ("Hi", Link("Open", "https://[x"), "http"),
    ("Hi", Link("O" * 21, "https://example.com"), "20"),
)


class InteractiveTestCase(SimpleTestCase):
    def test_each_limit_is_kept(self) -> None:
        for body, action, words in REFUSED:
            with self.subTest(words), self.assertRaisesRegex(ValueError, words):
                interactive_object(body, action)

    def test_header_and_footer_have_limits_and_a_location_has_neither(self) -> None:
        for more in ({"header": "h" * 61}, {"footer": "f" * 61}):
            with self.assertRaisesRegex(ValueError, "60"):
                interactive_object("Hi", Buttons([YES]), **more)
        with self.assertRaisesRegex(ValueError, "neither"):
            interactive_object("Where?", AskLocation(), footer="Ovii")

    def test_objects_are_as_meta_prints_them(self) -> None:
        self.assertEqual(
            interactive_object("Shall we?", Buttons([YES]), header="Order", footer="Ovii"),
            {
                "type": "button",
                "header": {"type": "text", "text": "Order"},
                "body": {"text": "Shall we?"},
                "footer": {"text": "Ovii"},
                "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
            },
        )
        self.assertEqual(interactive_object("Where?", AskLocation())["action"], {"name": "send_location"})
        link = interactive_object("See", Link("Open", "https://example.com/a"))
        self.assertEqual(link["action"]["parameters"], {"display_text": "Open", "url": "https://example.com/a"})

    def test_a_quote_names_the_message(self) -> None:
        built = interactive_object("Hi", Buttons([YES]))
        self.assertEqual(interactive_message("+1", built, reply_to="wamid.1")["context"], {"message_id": "wamid.1"})
        self.assertEqual(read_receipt("wamid.1", typing=True)["typing_indicator"], {"type": "text"})

    def test_a_file_is_named_once_and_only_documents_have_names(self) -> None:
        self.assertEqual(media_object("image", link="https://example.com/a.png"), {"link": "https://example.com/a.png"})
        for changes in (
            {"kind": "video", "id": "1"},
            {"kind": "image"},
            {"kind": "image", "id": "1", "link": "https://example.com"},
            {"kind": "image", "link": "file:///a"},
            {"kind": "image", "id": "1", "caption": "c" * 1025},
            {"kind": "image", "id": "1", "filename": "a.png"},
        ):
            with self.subTest(changes), self.assertRaises(ValueError):
                media_object(**changes)

    def test_only_what_meta_takes_is_uploaded(self) -> None:
        check_upload("image/png", 1)
        for mime, size in (("image/gif", 1), ("image/png", 6 * 1024 * 1024), ("application/pdf", 0)):
            with self.subTest(mime), self.assertRaises(ValueError):
                check_upload(mime, size)
