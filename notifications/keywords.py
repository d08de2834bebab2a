"""Which command a text means. Pure: keywords are data, and slips are forgiven only where they cost nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Shorter words have too many neighbours that mean something else.
SHORTEST_FORGIVEN = 5
#: Said with a command, they change nothing.
POLITE = frozenset({"please", "pls", "plz", "svp", "stp", "por favor", "s il vous plait", "ndapota"})
_NOT_A_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Keyword:
    """A word or phrase, folded, in a language (`en`), for a command. Forgiving ones take a slip of one letter."""

    phrase: str
    language: str
    command: str
    forgiving: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """`argument` is what followed the keyword, as it was written."""

    keyword: Keyword
    argument: str = ""


def fold(text: str) -> str:
    """Small letters without accents, words with one space between them, nothing else."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return _NOT_A_WORD.sub(" ", bare.casefold()).strip()


def folded(command: str, phrases: Mapping[str, Iterable[str]], *, forgiving: bool) -> list[Keyword]:
    """The keywords of a command from its phrases by language."""
    return [
        Keyword(fold(phrase), language, command, forgiving) for language, said in phrases.items() for phrase in said
    ]


def match(text: str, keywords: Iterable[Keyword], with_argument: Iterable[str] = ()) -> Match | None:
    """The keyword that the whole text is, polite words aside; else the only command that it is one slip away from.

    The commands in `with_argument` also match where the text only begins with their keyword.
    """
    known = list(keywords)
    said = _without_politeness(fold(text))
    for keyword in known:
        if said == keyword.phrase:
            return Match(keyword)
    for keyword in known:
        if keyword.command in with_argument and said.startswith(f"{keyword.phrase} "):
            count = len(keyword.phrase.split())
            return Match(keyword, " ".join(text.split()[count:]))
    near = [keyword for keyword in known if keyword.forgiving and _is_near(said, keyword.phrase)]
    return Match(near[0]) if len({keyword.command for keyword in near}) == 1 else None


def _without_politeness(said: str) -> str:
    for polite in sorted(POLITE, key=len, reverse=True):
        said = said.removesuffix(f" {polite}").removeprefix(f"{polite} ")
    return said


def _is_near(said: str, phrase: str) -> bool:
    """Whether one letter was left out, added, replaced, or swapped with its neighbour; never the number of words."""
    if len(phrase) < SHORTEST_FORGIVEN or abs(len(said) - len(phrase)) > 1 or said.count(" ") != phrase.count(" "):
        return False
    start = 0
    while start < min(len(said), len(phrase)) and said[start] == phrase[start]:
        start += 1
    one, other = said[start:], phrase[start:]
    swapped = len(one) > 1 and one[:2] == other[:2][::-1] and one[2:] == other[2:]
    return swapped or one[1:] == other[1:] or one == other[1:] or one[1:] == other
