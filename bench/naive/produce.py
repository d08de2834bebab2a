"""Writes so many messages in one transaction, queues a task for each after the commit, prints when the commit was."""

from __future__ import annotations

import sys
import time

import django
from django.db import connection, transaction

VALUES = ["USD 25.00", "Tariro", "USD 140.50", "TX-2048"]


def main() -> None:
    django.setup()
    from bench.naive.app import app
    from bench.naive.models import Message
    from bench.naive.tasks import send

    app.set_default()
    if Message._meta.db_table not in connection.introspection.table_names():
        with connection.schema_editor() as editor:
            editor.create_model(Message)
    count, first = int(sys.argv[1]), Message.objects.count()
    with transaction.atomic():
        transaction.on_commit(lambda: print(time.time(), flush=True))
        for number in range(count):
            phone = f"+26378{first + number:07}"
            message = Message.objects.create(phone=phone, template="transaction_received", variables=VALUES)
            transaction.on_commit(lambda pk=message.pk: send.delay(pk))


if __name__ == "__main__":
    main()
