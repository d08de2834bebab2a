"""Signed webhook bodies, as many as wanted and none twice, and wrk to post them."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.installation import NUMBERS, WABA_ID

WRK = shutil.which("wrk")
SCRIPT = Path(__file__).with_name("webhook_bodies.lua")
_places = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Wrk:
    """What wrk saw: 200-answers, other answers, per second, and the 99th percentile in milliseconds."""

    accepted: int
    others: int
    rate: float
    p99: float


def wamid(place: int) -> str:
    return f"wamid.HBgM{place:024}FQIAERgSAAAAAAAAAAAA"


def status(wamid: str, word: str, callback_data: str = "", at: float | None = None) -> dict[str, object]:
    return {
        "id": wamid,
        "status": word,
        "timestamp": str(int(at or time.time())),
        "recipient_id": "263771234567",
        "recipient_user_id": "ZW.1349120865530274",
        "biz_opaque_callback_data": callback_data or f"bench:{next(_places):032x}",
        "conversation": {"id": f"{next(_places):032x}", "origin": {"type": "utility"}},
        "pricing": {"billable": True, "pricing_model": "PMP", "type": "regular", "category": "utility"},
    }


def body(statuses: Sequence[dict[str, object]]) -> bytes:
    """One POST with these statuses, as Meta writes it."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBERS[0]},
        "contacts": [{"profile": {"name": "Tariro"}, "wa_id": "263771234567", "user_id": "ZW.1349120865530274"}],
        "statuses": list(statuses),
    }
    entry = {"id": WABA_ID, "changes": [{"value": value, "field": "messages"}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":")).encode()


def bodies(count: int, statuses: int) -> Iterator[bytes]:
    """For the messages 0 to `count * statuses`, each told to be delivered."""
    for place in range(count):
        yield body([status(wamid(place * statuses + one), "delivered") for one in range(statuses)])


def write(found: Iterable[bytes], secret: str, folder: Path) -> Path:
    """A file of lines for wrk: signature, space, body."""
    from integrations.whatsapp.webhooks import sign

    with tempfile.NamedTemporaryFile("wb", dir=folder, delete=False) as file:
        for one in found:
            file.write(sign(one, secret).encode() + b" " + one + b"\n")
    return Path(file.name)


def post(file: Path, url: str, *, seconds: float, connections: int, first: int = 0) -> Wrk:
    """Post the lines of the file from the one numbered `first` on."""
    if WRK is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    command = [WRK, "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "10s", "-s", str(SCRIPT), url]
    run = subprocess.run([*command, "--", str(file), str(first)], capture_output=True, text=True, check=True)  # noqa: S603
    told = json.loads(run.stdout.strip().rpartition("\n")[2])
    failed = told["refused"]
    return Wrk(told["requests"] - failed, failed, (told["requests"] - failed) / told["seconds"], told["p99"])
