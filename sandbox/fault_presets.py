"""Faults that go together, as they come in life; the same seed gives the same day again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Preset:
    meaning: str
    wishes: tuple[dict[str, Any], ...]


PRESETS: dict[str, Preset] = {
    "flaky-network": Preset(
        "Calls take up to a second, and one in ten loses its connection, half of them after Meta took the message",
        (
            {"target": "calls", "kind": "latency", "times": "always", "min_seconds": 0.05, "max_seconds": 1.0},
            {"target": "calls", "kind": "cut_before_accept", "times": "always", "probability": 0.05},
            {"target": "calls", "kind": "cut_after_accept", "times": "always", "probability": 0.05},
            {"target": "webhooks", "kind": "duplicate", "times": "always", "probability": 0.05},
        ),
    ),
    "meta-outage": Preset(
        "Nine calls in ten fail: error 131016, error 2, pages instead of JSON; webhooks wait until it is over",
        (
            {"target": "calls", "kind": "error", "times": "always", "probability": 0.5, "code": 131016},
            {"target": "calls", "kind": "error", "times": "always", "probability": 0.6, "code": 2},
            {"target": "calls", "kind": "html", "times": "always", "probability": 0.5},
            {"target": "webhooks", "kind": "hold"},
        ),
    ),
    "webhook-storm": Preset(
        "Updates come shuffled, several times, late, and some with a signature that is not Meta's",
        (
            {"target": "webhooks", "kind": "wrong_signature", "times": "always", "probability": 0.02},
            {"target": "webhooks", "kind": "duplicate", "times": "always", "probability": 0.3, "count": 3},
            {
                "target": "webhooks",
                "kind": "delay",
                "times": "always",
                "probability": 0.2,
                "min_seconds": 0.1,
                "max_seconds": 2.0,
            },
            {"target": "webhooks", "kind": "reorder", "times": "always", "count": 20, "longest_wait": 1.0},
        ),
    ),
    "throttled": Preset(
        "Every third message is refused for the throughput limit, every tenth for the limit of the pair",
        (
            {"target": "messages", "kind": "throttle", "times": "always", "every": 3, "retry_after": 2},
            {"target": "messages", "kind": "throttle", "times": "always", "every": 10, "code": 131056},
            {"target": "templates", "kind": "throttle", "times": "always", "every": 5, "code": 80008},
        ),
    ),
    "slow-meta": Preset(
        "Every answer takes two to six seconds, and the message is taken long before",
        ({"target": "calls", "kind": "late_answer", "times": "always", "min_seconds": 2.0, "max_seconds": 6.0},),
    ),
    "lost-answers": Preset(
        "One message in four is taken, but its answer is cut, garbled or never comes",
        (
            {"target": "messages", "kind": "cut_after_accept", "times": "always", "probability": 0.1},
            {"target": "messages", "kind": "half_json", "times": "always", "probability": 0.1},
            {"target": "messages", "kind": "hang", "times": "always", "probability": 0.08},
        ),
    ),
}
