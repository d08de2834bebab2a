"""Statuses per second that one sandbox process on one core delivers, signed, in batches over keep-alive."""

from __future__ import annotations

import asyncio
import itertools
import sys
import time

from bench.measuring import Measured, Sandbox, accepted, arguments, phones, report, request, sandbox, send_all, template
from bench.receiver import Receiver

BAR = 3000
SECRET = "bench-app-secret"  # noqa: S105
STEPS = ("sent", "delivered", "read")
LONGEST_WAIT = 120


async def released(server: Sandbox, receiver: Receiver, count: int, connections: int) -> Measured:
    """All statuses exist already and are let go at once: what delivery alone can do."""
    hold = await asyncio.to_thread(server.call, "POST", "/sandbox/faults", {"target": "webhooks", "kind": "hold"})
    wamids, _ = await sent(server, count, connections)
    while (await asyncio.to_thread(lambda: server.health))["webhook"]["waiting"] < count * len(STEPS):
        await asyncio.sleep(0.1)
    began = time.perf_counter()
    await asyncio.to_thread(server.call, "DELETE", f"/sandbox/faults/{hold['id']}")
    await all_arrived(receiver, wamids)
    return Measured("delivered from a full queue", count * len(STEPS), receiver.last - began, BAR)


async def along_with_sending(
    server: Sandbox, receiver: Receiver, count: int, connections: int
) -> tuple[Measured, Measured]:
    """Messages come in while their statuses are made and go out, all on the one core."""
    began = time.perf_counter()
    wamids, seconds = await sent(server, count, connections)
    await all_arrived(receiver, wamids)
    return (
        Measured("accepted meanwhile (messages)", count, seconds),
        Measured("made and delivered meanwhile", count * len(STEPS), receiver.last - began),
    )


async def sent(server: Sandbox, count: int, connections: int) -> tuple[set[str], float]:
    people = itertools.cycle(phones())
    requests = [request(template(next(people))) for _ in range(count)]
    seconds, answers = await asyncio.to_thread(send_all, server.address, requests, connections)
    return accepted(answers), seconds


async def all_arrived(receiver: Receiver, wamids: set[str]) -> None:
    """Ends the run if a status is missing, came twice, or was signed wrongly."""
    wanted = {(wamid, status) for wamid in wamids for status in STEPS}
    deadline = time.perf_counter() + LONGEST_WAIT
    while len(receiver.statuses) < len(wanted) and time.perf_counter() < deadline:
        await asyncio.sleep(0.01)
    if set(receiver.statuses) != wanted:
        raise SystemExit(f"{len(wanted - set(receiver.statuses))} statuses are missing.")
    if receiver.forged or max(receiver.statuses.values()) > 1:
        raise SystemExit(f"{receiver.forged} signatures are wrong, or a status came twice.")


async def measure(count: int, connections: int) -> tuple[list[Measured], str]:
    receiver = Receiver(SECRET)
    async with await receiver.start():
        with sandbox("--webhook-url", receiver.url, "--app-secret", SECRET) as server:
            await asyncio.to_thread(server.prepare)
            rows = [await released(server, receiver, count, connections)]
            told = f"{receiver.posts} POSTs over {receiver.connections} connections"
            receiver.forget()
            rows += await along_with_sending(server, receiver, count, connections)
    return rows, told


def main() -> int:
    asked = arguments(__doc__ or "", messages=10_000).parse_args()
    rows, told = asyncio.run(measure(asked.messages, asked.connections))
    status = report(rows, asked)
    if not asked.json:
        print(f"\nThe full queue went out in {told}; every status came once, every signature was right.")
    return status


if __name__ == "__main__":
    sys.exit(main())
