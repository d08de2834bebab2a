from __future__ import annotations

import os

from celery import Celery

app = Celery("naive", broker=os.environ["NAIVE_BROKER"], include=["bench.naive.tasks"])
app.conf.broker_transport_options = {"global_keyprefix": "naive:"}
app.conf.broker_connection_retry_on_startup = True
