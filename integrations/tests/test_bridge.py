from __future__ import annotations

import os
import queue
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from unittest import mock

from django.core.exceptions import SynchronousOnlyOperation
from django.test import SimpleTestCase, TestCase

from integrations import conf
from integrations.models import WhatsAppConfig
from integrations.tests import graph_server
from integrations.tests.graph_server import Reply
from integrations.tests.meta import NUMBER, OnTheBridge, WithMeta, on_the_bridge
from integrations.tests.test_tls import certificate
from integrations.whatsapp import bridge, transport

ENDS_WITH_A_REQUEST_OUT = """
import sys, time
import django
django.setup()
from integrations.whatsapp import bridge
out = bridge.bridge(2)
out.submit(lambda: out.post(sys.argv[1], {}, b"{}"))
time.sleep(0.3)
"""


class BridgeTests(OnTheBridge, WithMeta, SimpleTestCase):
    def test_connections_are_kept(self) -> None:
        for n in range(10):
            self.whatsapp.send_text_message(NUMBER, f"Hello {n}")
        self.assertEqual((len(self.meta.requests), self.meta.connections), (10, 1))

    def test_the_request_is_the_one_that_threads_send(self) -> None:
        self.whatsapp.send_text_message(NUMBER, "Hello")
        self.whatsapp._client.send_text_message(NUMBER, "Hello")
        one, other = self.meta.requests
        self.assertEqual((one.method, one.path, one.body), (other.method, other.path, other.body))
        for name in ("Authorization", "Content-Type", "Content-Length", "Accept-Encoding"):
            self.assertEqual(one.headers[name], other.headers[name], name)

    def test_connection_that_rested_too_long_is_not_used_again(self) -> None:
        self.enterContext(mock.patch.object(conf, "IDLE_SECONDS", 0.05))
        transport.reset_pool()
        self.whatsapp.send_text_message(NUMBER, "Hello")
        time.sleep(0.1)
        self.whatsapp.send_text_message(NUMBER, "Hello again")
        self.assertEqual(self.meta.connections, 2)

    def test_connection_that_the_other_side_closed_meanwhile_costs_no_message(self) -> None:
        self.enterContext(mock.patch.object(graph_server._Handler, "timeout", 0.05))
        self.whatsapp.send_text_message(NUMBER, "Hello")
        time.sleep(0.3)
        self.whatsapp.send_text_message(NUMBER, "Hello again")
        self.assertEqual((len(self.meta.requests), self.meta.connections), (2, 2))

    def test_jobs_beyond_the_most_wait_for_their_turn(self) -> None:
        now: list[int] = []
        most: list[int] = []
        done: queue.SimpleQueue[None] = queue.SimpleQueue()
        out = bridge.bridge(3)
        self.meta.handler = lambda request: (time.sleep(0.02), Reply())[1]

        def job() -> None:
            now.append(1)
            most.append(len(now))
            out.post(f"{self.meta.url}/v25.0/1/messages", {}, b"{}")
            now.pop()
            done.put(None)

        for _ in range(12):
            out.submit(job)
        for _ in range(12):
            done.get(timeout=10)
        self.assertEqual(max(most), 3)
        self.assertLessEqual(self.meta.connections, 3)

    def test_only_posts_of_jobs_take_the_bridge(self) -> None:
        self.assertIsNone(bridge.here())
        self.assertIsNotNone(on_the_bridge(bridge.here))

    def test_forked_child_makes_its_own_and_leaves_the_parents_alone(self) -> None:
        self.whatsapp.send_text_message(NUMBER, "Hello")
        with warnings.catch_warnings():
            # The server's thread is not the child's concern.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            with mock.patch.object(self.meta, "requests", []):
                try:
                    self.whatsapp.send_text_message(NUMBER, "Hello")
                finally:
                    os._exit(0 if bridge._left_behind else 1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)
        self.whatsapp.send_text_message(NUMBER, "Hello again")
        self.assertEqual((len(self.meta.requests), self.meta.connections), (3, 2))

    def test_process_ends_although_a_request_is_out(self) -> None:
        self.meta.answer(Reply(hang=True))
        began = time.monotonic()
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", ENDS_WITH_A_REQUEST_OUT, self.meta.url],
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "ovii_backend.settings"},
            timeout=60,
            check=False,
        )
        self.assertEqual(ended.returncode, 0)
        self.assertEqual(len(self.meta.requests), 1)
        self.assertLess(time.monotonic() - began, 20)


class RecordTests(SimpleTestCase):
    def test_head_and_body_leave_in_one_tls_record(self) -> None:
        bundle, key = certificate(Path(self.enterContext(tempfile.TemporaryDirectory())))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(bundle, key)
        server = self.enterContext(socket.create_server(("127.0.0.1", 0)))
        read: list[bytes] = []

        def serve() -> None:
            connection, _ = server.accept()
            with context.wrap_socket(connection, server_side=True) as secure:
                # What one call reads is at most one record.
                read.append(secure.recv(65536))
                secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self.addCleanup(transport.reset_pool)
        transport.reset_pool()
        url = f"https://127.0.0.1:{server.getsockname()[1]}/messages"
        with self.settings(WHATSAPP_CA_BUNDLE=str(bundle)):
            answer = on_the_bridge(transport.call, "POST", url, {}, b'{"to": "1"}')
        thread.join(10)
        self.assertEqual(answer.body, {})
        self.assertTrue(read[0].startswith(b"POST /messages") and read[0].endswith(b'\r\n\r\n{"to": "1"}'))


class NoDatabaseTests(TestCase):
    def test_a_job_cannot_use_the_database(self) -> None:
        with self.assertRaises(SynchronousOnlyOperation):
            on_the_bridge(WhatsAppConfig.objects.count)
