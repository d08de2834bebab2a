from __future__ import annotations

import os
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

from django.test import SimpleTestCase

from integrations.exceptions import WhatsAppError
from integrations.tests.graph_server import Reply, graph_error
from integrations.tests.meta import NUMBER, WithMeta
from integrations.whatsapp import transport


class PoolTests(WithMeta, SimpleTestCase):
    def test_connections_are_kept_and_shared(self):
        client = self.whatsapp
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda n: client.send_text_message(NUMBER, f"Hello {n}"), range(60)))
        self.assertEqual(len(self.meta.requests), 60)
        self.assertLessEqual(self.meta.connections, 4)

    def test_connection_that_rested_too_long_is_not_used_again(self):
        client = self.whatsapp
        client.send_text_message(NUMBER, "Hello")
        pool = transport.pool().connection_from_url(self.meta.url).pool
        resting = next(connection for connection in pool.queue if connection)
        resting.idle_since -= 21
        client.send_text_message(NUMBER, "Hello again")
        self.assertEqual(self.meta.connections, 2)

    def test_head_and_body_leave_in_one_piece(self):
        sent = []

        connection = transport._Connection("meta.example")
        connection.sock = mock.Mock(sendall=sent.append)
        connection.request("POST", "/messages", body=b'{"to": "1"}', headers={"Content-Length": "11"})
        connection._HTTPConnection__state = "Idle"
        connection.request("GET", "/numbers")
        self.assertEqual(len(sent), 2)
        self.assertTrue(sent[0].startswith(b"POST /messages") and sent[0].endswith(b'\r\n\r\n{"to": "1"}'))
        self.assertTrue(sent[1].startswith(b"GET /numbers") and sent[1].endswith(b"\r\n\r\n"))

    def test_forked_child_gets_connections_of_its_own(self):
        self.whatsapp.send_text_message(NUMBER, "Hello")
        parent = transport.pool()
        with warnings.catch_warnings():
            # The child only looks at the pool and ends; the server's thread is not its concern.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            os._exit(0 if transport.pool() is not parent else 1)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)

    def test_connection_serves_on_after_an_error(self):
        self.meta.answer(graph_error(131026))
        with self.assertRaises(WhatsAppError):
            self.whatsapp.send_text_message(NUMBER, "Hello")
        self.whatsapp.send_text_message(NUMBER, "Hello")
        self.assertEqual(self.meta.connections, 1)

    def test_many_threads_meet_at_one_pool(self):
        transport.reset_pool()
        pools, barrier = [], threading.Barrier(8)

        def meet():
            barrier.wait()
            pools.append(transport.pool())

        threads = [threading.Thread(target=meet) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len({id(pool) for pool in pools}), 1)


class TemplateCallTests(WithMeta, SimpleTestCase):
    def test_template_is_created_in_the_account(self):
        self.meta.answer(Reply(body={"id": "1", "status": "PENDING", "category": "UTILITY"}))
        self.assertEqual(self.whatsapp.create_template({"name": "kyc_approved"})["status"], "PENDING")
        request = self.meta.requests[0]
        self.assertEqual((request.method, request.path), ("POST", "/v25.0/222/message_templates"))
        self.assertEqual(request.headers["Authorization"], "Bearer EAAtesttoken")

    def test_status_of_a_template_compares_the_whole_name(self):
        listed = [
            {"name": "kyc_approved_v2", "language": "en_US", "status": "APPROVED"},
            {"name": "kyc_approved", "language": "fr", "status": "REJECTED"},
            {"name": "kyc_approved", "language": "en_US", "status": "PENDING"},
        ]
        self.meta.handler = lambda request: Reply(body={"data": listed})
        self.assertEqual(self.whatsapp.get_template_status("kyc_approved")["status"], "PENDING")
        self.assertEqual(self.whatsapp.get_template_status("kyc_approved", "fr")["status"], "REJECTED")
        self.assertIsNone(self.whatsapp.get_template_status("kyc"))

    def test_list_follows_every_page_by_its_cursor(self):
        def page(request):
            after = request.query.get("after", ["0"])[0]
            more = {"next": "https://graph.example/?access_token=EAAsecret"} if after != "2" else {}
            cursors = {"before": after, "after": str(int(after) + 1)}
            return Reply(body={"data": [{"name": f"t{after}"}], "paging": {"cursors": cursors} | more})

        self.meta.handler = page
        self.assertEqual([one["name"] for one in self.whatsapp.list_templates()], ["t0", "t1", "t2"])

    def test_expired_cursor_begins_the_list_again(self):
        more = {"cursors": {"after": "MQ"}, "next": "https://graph.example/"}
        self.meta.answer(
            Reply(body={"data": [{"name": "a"}], "paging": more}),
            graph_error(131059),
            Reply(body={"data": [{"name": "a"}, {"name": "b"}]}),
        )
        self.assertEqual({one["name"] for one in self.whatsapp.list_templates()}, {"a", "b"})

    def test_reading_is_never_uncertain(self):
        self.set(WHATSAPP_READ_TIMEOUT_SECONDS=0.2)
        for reply in (Reply(hang=True), Reply(cut="after"), Reply(502, b"<html>"), Reply(200, b"")):
            with self.subTest(reply):
                self.meta.answer(reply)
                with self.assertRaises(WhatsAppError) as failed:
                    self.whatsapp.get_template_status("kyc_approved")
                self.assertTrue(failed.exception.retryable)
