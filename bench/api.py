"""The stand-in for Meta's API in a process of its own, and what it says of itself."""

from __future__ import annotations

import contextlib
import http.client
import json
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from bench.tls import HOST, Certificate

BODY = json.dumps({"messaging_product": "whatsapp", "to": "+263770000000", "type": "text", "text": {"body": "x" * 300}})


class Api:
    def __init__(self, port: int, certificate: Certificate, pid: int) -> None:
        self.port, self.certificate, self.pid = port, certificate, pid
        self.url = f"https://{HOST}:{port}"
        self.context = ssl.create_default_context(cafile=str(certificate.certificate))

    def connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(HOST, self.port, timeout=30, context=self.context)

    def ask(self, **wanted: Any) -> dict[str, Any]:
        """What came so far. `forget` counts messages anew, `latency` is in seconds from now on."""
        connection = self.connect()
        try:
            connection.request("POST", "/stand-in", json.dumps(wanted))
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def own_rate(self, seconds: float = 2.0, connections: int = 16) -> float:
        """Messages per second that the stand-in takes when a small client is all there is beside it."""
        self.ask(latency=0, forget=True)
        until = time.monotonic() + seconds
        callers = [threading.Thread(target=self._call_until, args=(until,)) for _ in range(connections)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        return self.ask(forget=True)["messages"] / seconds

    def _call_until(self, until: float) -> None:
        connection = self.connect()
        connection.connect()
        request = f"POST /v25.0/1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n{BODY}".encode()
        while time.monotonic() < until:
            connection.sock.sendall(request)
            connection.sock.recv(65536)
        connection.close()


@contextlib.contextmanager
def stand_in(certificate: Certificate) -> Iterator[Api]:
    files = [str(certificate.certificate), str(certificate.key)]
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", "bench.api_stand_in", *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise SystemExit("The stand-in for the API did not start.")
        yield Api(int(line), certificate, process.pid)
    finally:
        process.terminate()
        process.wait()
