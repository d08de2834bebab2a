from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """How one sandbox behaves; every field is a flag and a `SANDBOX_…` variable of the same name."""

    host: str = "127.0.0.1"
    port: int = 8100
    webhook_url: str = ""
    app_secret: str = "0123456789abcdef0123456789abcdef"  # noqa: S105
    verify_token: str = "sandbox-verify-token"  # noqa: S105
    access_token: str = "EAAsandbox"  # noqa: S105
    waba_id: str = "102290129340398"
    phone_number_id: str = "106540352242922"
    display_phone_number: str = "+1 555-078-3881"
    business_name: str = "Ovii"
    seed: int = 0
    status_delays: tuple[float, float, float] = (0.1, 0.3, 0.6)
    review_seconds: float = 0.5
    clock: str = "live"
    data: str = ""
    keep_messages: int = 200_000
    limits: str = "off"
    tier: str = "TIER_2K"
    strict_versions: bool = False


MEANING = {
    "host": "address to listen on",
    "port": "port to listen on; 0 takes a free one and prints it",
    "webhook_url": "where signed events are posted; empty: none are sent",
    "app_secret": "key of the webhook signatures",
    "verify_token": "token of the verification challenge",
    "access_token": "the one bearer token that is accepted",
    "waba_id": "id of the WhatsApp Business Account",
    "phone_number_id": "id of the sending number",
    "display_phone_number": "the sending number as people see it",
    "business_name": "the name above the chat",
    "seed": "changes all generated ids; the same seed and calls give the same ids",
    "status_delays": "seconds from acceptance to sent, delivered and read, separated by commas",
    "review_seconds": "how long a template stays PENDING",
    "clock": "live: the machine's; manual: stands still until it is advanced, for runs that repeat to the byte",
    "data": "file that keeps everything over a restart; empty: memory only",
    "limits": "real: Meta's rates and messaging limit with their windows; off: as fast as you like",
    "tier": "messaging limit of the portfolio: TIER_250, TIER_2K, TIER_10K, TIER_100K or TIER_UNLIMITED",
    "strict_versions": "refuse versions of the Graph API that have ended, instead of serving them as Meta does",
    "keep_messages": "how many messages are remembered; the oldest go first",
}


def delays(text: str) -> tuple[float, float, float]:
    """`"0.1,0.3,0.6"` to three seconds that do not fall; `ValueError` otherwise."""
    sent, delivered, read = (float(part) for part in text.split(","))
    if not 0 <= sent <= delivered <= read:
        raise ValueError("three numbers that do not fall, for example 0.1,0.3,0.6")
    return sent, delivered, read


def one_of(*words: str) -> Callable[[str], str]:
    def reader(text: str) -> str:
        if text not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return text

    return reader


def yes_or_no(text: str) -> bool:
    try:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": False}[text.lower()]
    except KeyError:
        raise ValueError("true or false") from None


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError("a whole number from 1")
    return number


READERS: dict[str, Callable[[str], Any]] = {
    "port": int,
    "seed": int,
    "clock": one_of("live", "manual"),
    "limits": one_of("off", "real"),
    "tier": one_of("TIER_250", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"),
    "strict_versions": yes_or_no,
    "keep_messages": positive,
    "review_seconds": float,
    "status_delays": delays,
}


def parse_options(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Options:
    """Flags win over `SANDBOX_…` variables, these over the defaults. What is wrong ends the process."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        usage="python -m sandbox [--webhook-url URL] [--port PORT] [...]",
        description="A stand-in for Meta's WhatsApp Business Cloud API. Open its address to see the phones.",
        epilog="Each option is also read from the environment: --app-secret from SANDBOX_APP_SECRET, and so on.",
        formatter_class=lambda prog: argparse.HelpFormatter(prog, max_help_position=32, width=100),
    )
    for field in fields(Options):
        default = field.default
        if isinstance(default, tuple):
            default = ",".join(map(str, default))
        parser.add_argument(
            f"--{field.name.replace('_', '-')}",
            default=environment.get(f"SANDBOX_{field.name.upper()}", default),
            type=READERS.get(field.name, str),
            metavar=field.name.rpartition("_")[2].upper(),
            help=MEANING[field.name] + ("" if default == "" else f" [{default}]"),
        )
    return Options(**vars(parser.parse_args(arguments)))


def options_of(wishes: Mapping[str, Any]) -> Options:
    """Options by name, as values or as the text of a flag. `ValueError` says what is wrong and what there is."""
    known = [field.name for field in fields(Options)]
    read: dict[str, Any] = {}
    for name, value in wishes.items():
        if name not in known:
            raise ValueError(f"{name}: no such option of the sandbox; there are {', '.join(known)}")
        text = ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        try:
            read[name] = READERS.get(name, str)(text)
        except ValueError as error:
            raise ValueError(f"{name}: {value!r} is not right: {error}") from None
    return Options(**read)
