"""`--data FILE`: what a sandbox remembers, in a SQLite file that is written behind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.snapshot import LOADERS, BadSnapshot, dump_media, dump_message, dump_meta, dump_template, load, plain
from sandbox.store import Store

#: "OSBX": marks a SQLite file as ours (SQLite, PRAGMA application_id).
APPLICATION_ID = 0x4F534258
FLUSH_SECONDS = 0.5
Row = tuple[str, str, str | None]


class BadFile(Exception):
    """The file is not one that a sandbox wrote; the text is for whoever named it."""


class DataFile:
    """Writes what changed twice a second and at the end; whoever kills the process loses that much."""

    def __init__(self, path: Path, store: Store) -> None:
        self.path, self.store = path, store
        self._written: dict[tuple[str, str], str] = {}
        self._version = -1
        self._task: asyncio.Task[None] | None = None
        self._database = opened(path)

    def load(self) -> None:
        """Raises `BadFile`."""
        document: dict[str, Any] = {kind: [] for kind in LOADERS}
        with reading(self.path):
            rows = self._database.execute("SELECT kind, body FROM records ORDER BY kind, position").fetchall()
            for kind, body in rows:
                if kind == "meta":
                    document["meta"] = json.loads(body)
                else:
                    document[kind].append(json.loads(body))
            if rows:
                load(self.store, document)
        self.store.changed = {}

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._write_behind())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._write(self._rows())
        self._database.close()

    async def _write_behind(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            if self._version != self.store.version:
                rows = self._rows()
                await asyncio.shield(asyncio.to_thread(self._write, rows))

    def _rows(self) -> list[Row]:
        """What is to be written; without a body: to be deleted. Numbers and templates are few: all are looked at."""
        store = self.store
        self._version = store.version
        changed, store.changed = store.changed or {}, {}
        rows: list[Row] = [("meta", "", json.dumps(dump_meta(store)))]
        for kind, key in changed:
            rows += self._row(kind, key)
        for number in store.numbers.values():
            rows += self._if_new("numbers", number.id, json.dumps(plain(number)))
        for template in store.templates.values():
            rows += self._if_new("templates", template.id, json.dumps(dump_template(template)))
        return rows

    def _row(self, kind: str, key: str) -> list[Row]:
        store = self.store
        match kind:
            case "message":
                message = store.messages.get(key)
                return [("messages", key, json.dumps(dump_message(message)) if message else None)]
            case "person":
                person = store.people.get(key)
                return [("people", key, json.dumps(plain(person)) if person else None)]
            case "media":
                media = store.media.get(key)
                return [("media", key, json.dumps(dump_media(media)) if media else None)]
            case "number" if key not in store.numbers:
                self._written.pop(("numbers", key), None)
                return [("numbers", key, None)]
            case "template" if key not in store.templates_by_id:
                self._written.pop(("templates", key), None)
                return [("templates", key, None)]
        return []

    def _if_new(self, kind: str, key: str, body: str) -> list[Row]:
        if self._written.get((kind, key)) == body:
            return []
        self._written[kind, key] = body
        return [(kind, key, body)]

    def _write(self, rows: list[Row]) -> None:
        gone = [(kind, key) for kind, key, body in rows if body is None]
        kept = [row for row in rows if row[2] is not None]
        with self._database:
            self._database.executemany("DELETE FROM records WHERE kind = ? AND key = ?", gone)
            self._database.executemany(
                "INSERT INTO records (kind, key, body) VALUES (?, ?, ?) "
                "ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                kept,
            )


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.DatabaseError, ValueError, KeyError, BadSnapshot) as error:
        raise BadFile(f"{path} cannot be read: {error}. Name another file, or move this one away.") from None


def opened(path: Path) -> sqlite3.Connection:
    """Raises `BadFile` for a file that is there and not ours, which stays as it is."""
    if not path.parent.is_dir():
        raise BadFile(f"{path.parent} is no folder.")
    fresh = not path.exists() or path.stat().st_size == 0
    with reading(path):
        database = sqlite3.connect(path, check_same_thread=False)
        if not fresh and database.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            database.close()
            raise BadFile(f"{path} is not a sandbox's file. Name another one.")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(
            "CREATE TABLE IF NOT EXISTS records (position INTEGER PRIMARY KEY, kind TEXT NOT NULL, "
            "key TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (kind, key))"
        )
        database.commit()
    return database
