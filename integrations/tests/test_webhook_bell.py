from __future__ import annotations

import os
import threading
import time

from celery import current_app
from django.test import SimpleTestCase

from integrations.bell import REST_SECONDS, SILENCE_SECONDS, _Ringer, ring
from integrations.tests.brokers import broker, silent_server
from integrations.tests.graph_server import closed_port

TASK, QUEUE = "integrations.tasks.drain_webhooks", "webhooks"


class BellTests(SimpleTestCase):
    def ring_in_vain(self, url: str) -> None:
        """Many rings: waiting for each, or without a limit for one, would take far longer than the silence."""
        with broker(url), self.assertLogs("integrations.bell", "WARNING") as logs:
            started = time.monotonic()
            for _ in range(100):
                self.assertFalse(ring(TASK, QUEUE))
            self.assertLess(time.monotonic() - started, SILENCE_SECONDS)
        self.assertEqual(len(logs.output), 1)

    def test_refusing_broker_delays_nobody(self) -> None:
        for scheme in ("redis", "amqp"):
            with self.subTest(scheme):
                self.ring_in_vain(f"{scheme}://127.0.0.1:{closed_port()}//")

    def test_silent_broker_delays_nobody(self) -> None:
        for scheme in ("redis", "amqp"):
            with self.subTest(scheme), silent_server() as port:
                self.ring_in_vain(f"{scheme}://guest:guest@127.0.0.1:{port}//")

    def test_address_that_makes_no_sense_raises_nothing(self) -> None:
        self.ring_in_vain("nonsense://x")

    def test_message_expires_and_asks_for_no_result(self) -> None:
        with broker("memory://"), current_app.connection_for_read() as connection:
            queue = connection.SimpleQueue("bell-test")
            queue.clear()
            self.assertTrue(ring(TASK, "bell-test", ("x",)))
            message = queue.get(timeout=5)
            message.ack()
            queue.close()
        self.assertEqual(message.headers["task"], TASK)
        self.assertEqual(message.payload[0], ["x"])
        self.assertTrue(message.headers["ignore_result"])
        self.assertIsNotNone(message.headers["expires"])

    def test_rings_that_meet_before_the_first_is_on_its_way_are_one(self) -> None:
        with broker("memory://"), current_app.connection_for_read() as connection:
            queue = connection.SimpleQueue("bell-crowd")
            queue.clear()
            threads = [threading.Thread(target=ring, args=(TASK, "bell-crowd")) for _ in range(50)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertTrue(ring(TASK, "bell-crowd"))
            count = queue.qsize()
            queue.clear()
            queue.close()
        self.assertTrue(1 <= count <= 51)

    def heard(self, queue_name: str, *, at_least: int) -> int:
        """How many bells come, once so many are there."""
        with current_app.connection_for_read() as connection:
            queue = connection.SimpleQueue(queue_name)
            until = time.monotonic() + 10
            while queue.qsize() < at_least and time.monotonic() < until:
                time.sleep(0.01)
            count = queue.qsize()
            queue.clear()
            queue.close()
        return count

    def test_a_flood_becomes_a_bell_now_and_then_and_the_last_is_heard(self) -> None:
        # Its own ringer: a bell of another test that fails late would make the process's fall silent.
        ringer = _Ringer()
        with broker("memory://"):
            self.heard("bell-flood", at_least=0)
            began, rung = time.monotonic(), 0
            while time.monotonic() - began < 5 * REST_SECONDS:
                self.assertTrue(ringer.ring((TASK, "bell-flood", (), 0), 0.5))
                rung += 1
            # The work of the last ring stands now; a bell after this moment has to be heard.
            self.heard("bell-flood", at_least=1)
            self.assertTrue(ringer.ring((TASK, "bell-flood", (), 0), 0.5))
            self.assertGreaterEqual(self.heard("bell-flood", at_least=1), 1)
            self.assertGreater(rung, 100)

    def test_so_many_rings_make_fewer_bells(self) -> None:
        # Its own ringer: a bell of another test that fails late would make the process's fall silent.
        ringer = _Ringer()
        with broker("memory://"):
            self.heard("bell-rest", at_least=0)
            began = time.monotonic()
            for _ in range(200):
                self.assertTrue(ringer.ring((TASK, "bell-rest", (), 0), 0.5))
            took = time.monotonic() - began
            self.assertLessEqual(self.heard("bell-rest", at_least=1), 3 + took / REST_SECONDS)

    def test_one_bell_with_a_delay_is_on_its_way_at_a_time(self) -> None:
        # Its own ringer: a bell of another test that fails late would make the process's fall silent.
        ringer = _Ringer()
        with broker("memory://"):
            self.heard("bell-later", at_least=0)
            for _ in range(20):
                self.assertTrue(ringer.ring((TASK, "bell-later", (), 60), 0))
            self.assertTrue(ringer.ring((TASK, "bell-later", (), 30), 0), "one that is to be heard sooner goes too")
            self.assertTrue(ringer.ring((TASK, "bell-later", (), 0), 0.5))
            self.assertEqual(self.heard("bell-later", at_least=3), 3)

    def test_child_of_a_fork_rings_for_itself(self) -> None:
        with broker("memory://"):
            self.assertTrue(ring(TASK, "bell-fork"))
            pid = os.fork()
            if pid == 0:
                os._exit(0 if ring(TASK, "bell-fork") else 1)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
