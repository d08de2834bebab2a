from __future__ import annotations

import contextlib
import sys

from sandbox.data import BadFile
from sandbox.options import parse_options
from sandbox.server import Server


def announce(server: Server) -> None:
    world = server.sandbox.world
    print(f"Sandbox listening on {server.url}")
    print(f"  Open it to see the phones; {server.url}/sandbox/docs lists the control API.")
    if world.callbacks.url:
        print(f"  Webhooks go to {world.callbacks.url}; whether it is verified follows.")
    else:
        print("  Webhooks go nowhere: give --webhook-url, or enter it on the page Webhooks.")
    sys.stdout.flush()


def tell_verification(outcome: str) -> None:
    print(f"Webhook: {outcome}", file=sys.stderr, flush=True)


def main() -> int:
    options = parse_options(sys.argv[1:])
    try:
        server = Server(options, announce)
    except BadFile as bad:
        print(bad, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Cannot listen on {options.host}:{options.port}: {error.strerror}.", file=sys.stderr)
        return 1
    server.sandbox.world.verification.say = tell_verification
    with contextlib.suppress(KeyboardInterrupt):
        server.serve_until_stopped()
    return 0


if __name__ == "__main__":
    sys.exit(main())
