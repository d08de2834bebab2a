"""What the sandbox does to a message on purpose: one table of troubles on the way out, one on the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Wish = Mapping[str, Any]
ALWAYS = {"target": "webhooks", "times": "always"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """`share` of all messages, in a thousand. `lost`: Meta has not taken it and nobody can know."""

    share: int
    wish: Wish
    lost: bool = False


# At the first try of a message.
OUTWARD: dict[str, Trouble] = {
    "cut after acceptance": Trouble(20, {"kind": "cut_after_accept"}),
    "cut before acceptance": Trouble(8, {"kind": "cut_before_accept"}, lost=True),
    "silence after acceptance": Trouble(6, {"kind": "hang"}),
    "silence, not accepted": Trouble(2, {"kind": "hang", "accepted": False}, lost=True),
    "half of the JSON": Trouble(6, {"kind": "half_json"}),
    "half of the body": Trouble(6, {"kind": "half_json", "cut": True}),
    "503 in JSON": Trouble(12, {"kind": "error", "code": 131016, "http_status": 503, "retry_after": 1}),
    "500 in JSON": Trouble(8, {"kind": "error", "code": 2, "http_status": 500, "retry_after": 2}),
    "502 page, accepted": Trouble(5, {"kind": "html", "accepted": True}),
    "502 page, not accepted": Trouble(3, {"kind": "html"}, lost=True),
    "empty answer, accepted": Trouble(3, {"kind": "empty", "accepted": True}),
    "429 for the number": Trouble(2, {"kind": "error", "code": 130429, "http_status": 429, "retry_after": 1}),
    "429 for the pair": Trouble(4, {"kind": "error", "code": 131056, "http_status": 429, "retry_after": 2}),
    "late answer": Trouble(20, {"kind": "late_answer", "seconds": 1}),
}
# The statuses of a message that run B never tells, and whether its answer is cut as well.
DROPPED: dict[str, tuple[int, tuple[str, ...], bool]] = {
    "all statuses dropped, answer cut": (10, ("sent", "delivered", "read"), True),
    "all statuses dropped": (10, ("sent", "delivered", "read"), False),
    "read dropped": (10, ("read",), False),
    "sent and delivered dropped, answer cut": (10, ("sent", "delivered"), True),
}
# What the person behind a number is like: share in a thousand and the fields of the sandbox's person.
PEOPLE: dict[str, tuple[int, Wish]] = {
    "phone is off": (10, {"offline": True}),
    "never opens the chat": (20, {"reads": False}),
    "not on WhatsApp": (10, {"fail": 131026}),
}


def weather(seed: int, longest_delay: float) -> list[dict[str, Any]]:
    """Faults that concern nobody in particular: webhooks come late, again, in disorder and badly signed."""
    kinds: tuple[Wish, ...] = (
        {"kind": "delay", "probability": 0.04, "min_seconds": 0.1, "max_seconds": longest_delay},
        {"kind": "duplicate", "probability": 0.04},
        {"kind": "reorder", "probability": 0.06, "count": 8, "longest_wait": 1.0, "times": "always"},
        {"kind": "wrong_signature", "probability": 0.005},
    )
    return [ALWAYS | dict(kind) | {"seed": seed * 1000 + place} for place, kind in enumerate(kinds)]
