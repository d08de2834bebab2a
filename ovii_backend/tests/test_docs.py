from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

from integrations.whatsapp.error_table import CODES

ROOT = Path(settings.BASE_DIR)
READ_BY = ("ovii_backend/environment.py", "ovii_backend/settings.py")
VARIABLE = re.compile(r'env\.\w+\(\s*"([A-Z_0-9]+)"')
LINK = re.compile(r"(?:\]\(|(?:src|href)=\")([^)\"\s]+)")
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def relative_links(page: Path) -> Iterator[tuple[Path, str]]:
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


class DocumentsTestCase(SimpleTestCase):
    def test_every_relative_link_leads_somewhere(self) -> None:
        for page in pages():
            for target, anchor in relative_links(page):
                with self.subTest(page=page.name, link=str(target), anchor=anchor):
                    self.assertTrue(target.exists())
                    if anchor:
                        self.assertIn(anchor, anchors(target))

    def test_every_variable_that_is_read_is_explained(self) -> None:
        source = "".join((ROOT / name).read_text() for name in READ_BY)
        read = set(VARIABLE.findall(source)) | {"DJANGO_SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "OTP_SECRET_KEY"}
        example = set(re.findall(r"^(?:# )?([A-Z_0-9]+)=", (ROOT / ".env.example").read_text(), re.M))
        reference = set(re.findall(r"^\| `([A-Z_0-9]+)` \|", (ROOT / "docs/reference/settings.md").read_text(), re.M))
        self.assertEqual(read - example, set(), ".env.example does not explain these")
        self.assertEqual(read - reference, set(), "docs/reference/settings.md does not explain these")

    def test_every_code_of_meta_is_listed_with_its_sentence(self) -> None:
        page = (ROOT / "docs/reference/errors.md").read_text()
        for code, row in CODES.items():
            with self.subTest(code=code):
                self.assertIn(f"| {code} | {row.action.value} | {row.sentence} |", page)

    def test_the_readme_fits_on_two_screens(self) -> None:
        self.assertLess(len((ROOT / "README.md").read_text().splitlines()), 90)
