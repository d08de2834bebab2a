"""The wire to Meta: heyoo over kept-alive connections; every failure a typed error.

heyoo 0.1.2 as shipped opens a connection and loads the CA bundle for every call, knows no timeout, returns
errors as if they were answers and logs recipients through the root logger. Here its module-level `requests`
and `logging` are replaced, so that no call of it can do any of these.
"""

from __future__ import annotations

import json
import os
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

import heyoo
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from integrations import conf
from integrations.exceptions import UncertainOutcome, Unreachable, WhatsAppError
from integrations.whatsapp import bridge
from integrations.whatsapp.errors import error_from_response, unreadable_answer
from integrations.whatsapp.usage import told

_call = threading.local()


class _Watched:
    """Notes that bytes of the call are on their way, and since when a pooled connection rests."""

    idle_since = 0.0
    _keeps_head = False
    _head = b""

    def request(self, *args: Any, **options: Any) -> None:
        """Head and body leave as one TLS record; sent one by one they cost both sides twice."""
        self._keeps_head = bool(options.get("body"))
        super().request(*args, **options)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self._keeps_head:
            self._keeps_head, self._head = False, data
            return
        data, self._head = self._head + data, b""
        if self.sock is None:  # type: ignore[attr-defined]
            self.connect()  # type: ignore[attr-defined]
        _call.left = True
        super().send(data)  # type: ignore[misc]


class _Connection(_Watched, HTTPConnection):
    pass


class _TlsConnection(_Watched, HTTPSConnection):
    pass


class _FreshPool:
    """Closes a connection that rested too long before it is used again."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        if connection.idle_since and time.monotonic() - connection.idle_since > conf.IDLE_SECONDS:
            connection.close()
        return connection

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            connection.idle_since = time.monotonic()
        super()._put_conn(connection)  # type: ignore[misc]


class _Pool(_FreshPool, HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(_FreshPool, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


_lock = threading.Lock()
_manager: tuple[int, urllib3.PoolManager] | None = None


def _renew_lock() -> None:
    global _lock
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)


def pool() -> urllib3.PoolManager:
    """The connections of this process. A forked child gets its own: two must not talk over one socket."""
    global _manager
    current = _manager
    if current and current[0] == os.getpid():
        return current[1]
    with _lock:
        if _manager is None or _manager[0] != os.getpid():
            _manager = (os.getpid(), _new_pool())
        return _manager[1]


def _new_pool() -> urllib3.PoolManager:
    manager = urllib3.PoolManager(
        maxsize=conf.POOL_SIZE,
        block=False,
        # Loading the bundle costs more than sending a message: once per process, not per connection.
        ssl_context=ssl.create_default_context(cafile=conf.ca_bundle()),
    )
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
    return manager


def reset_pool() -> None:
    """Close every kept connection; the next call opens new ones."""
    global _manager
    with _lock:
        if _manager:
            _manager[1].clear()
        _manager = None
    bridge.reset()


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx answer holding a JSON object, with as much of `requests.Response` as heyoo touches."""

    status_code: int
    headers: Mapping[str, str]
    body: dict[str, Any]

    def json(self) -> dict[str, Any]:
        return self.body


def call(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
    """One HTTP exchange, never repeated and never redirected. Raises WhatsAppError for all but 2xx JSON.

    What fails before the first byte is Unreachable; later failures are UncertainOutcome, except for GET,
    which changes nothing at Meta and may simply go again.
    """
    on_loop = bridge.here() if method == "POST" else None
    if on_loop is None:
        return _read(method, _exchange(method, url, headers, body))
    try:
        return _read(method, on_loop.post(url, headers, body))
    except bridge.BrokenOff as end:
        raise _broken_off(end.cause, uncertain=end.left) from end.cause


def _exchange(method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> bridge.Reply:
    connect, read = conf.timeouts()
    _call.left = False
    try:
        response = pool().urlopen(
            method,
            url,
            body=body,
            headers=dict(headers),
            retries=False,
            redirect=False,
            timeout=urllib3.Timeout(connect=connect, read=read),
        )
    except (HTTPError, OSError) as error:
        raise _broken_off(error, uncertain=_call.left and method != "GET") from error
    return bridge.Reply(response.status, response.headers, response.data)


def _broken_off(error: Exception, *, uncertain: bool) -> WhatsAppError:
    reason = type(error).__name__
    if uncertain:
        return UncertainOutcome(
            "The connection to Meta broke after the request left: it may have been carried out. "
            "For a message, its status webhook decides.",
            title=reason,
        )
    return Unreachable(
        "Meta could not be reached: check network, name service and WHATSAPP_GRAPH_URL. It is tried again.",
        title=reason,
        details=str(error.__cause__ or error),
    )


def _read(method: str, response: bridge.Reply) -> Answer:
    try:
        body = json.loads(response.data)
    except ValueError:
        body = None
    readable = isinstance(body, dict)
    if readable and 200 <= response.status < 300 and "error" not in body:
        return Answer(response.status, response.headers, body)
    if readable and isinstance(body.get("error"), dict):
        refusal = error_from_response(response.status, response.headers, body)
    else:
        refusal = unreadable_answer(response.status, response.headers, changes_something=method != "GET")
    refusal.headers = told(response.headers)
    raise refusal


class _Facade:
    """Stands where heyoo looks for `requests`."""

    @staticmethod
    def post(url: str, *, headers: Mapping[str, str], json: Any = None, data: bytes | None = None) -> Answer:
        return call("POST", url, headers, _encode(json) if json is not None else data)

    @staticmethod
    def get(url: str, *, headers: Mapping[str, str]) -> Answer:
        return call("GET", url, headers)

    @staticmethod
    def delete(url: str, *, headers: Mapping[str, str]) -> Answer:
        return call("DELETE", url, headers)


class _Silence:
    """Stands where heyoo looks for `logging`: its lines name recipients, and `logging.info` on a root logger
    without handlers would install one."""

    @staticmethod
    def _nothing(*_: object, **__: object) -> None:
        return None

    debug = info = warning = error = critical = exception = _nothing


heyoo.requests = _Facade
heyoo.logging = _Silence


def _encode(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


def heyoo_client(token: str, phone_number_id: str, api_version: str) -> heyoo.WhatsApp:
    """A heyoo object whose every call goes to the configured address and version. Raises Misconfigured."""
    return _heyoo(token, phone_number_id, conf.graph_base(api_version))


@lru_cache(maxsize=64)
def _heyoo(token: str, phone_number_id: str, base: str) -> heyoo.WhatsApp:
    """One for each sending number: it holds no state of a call."""
    client = heyoo.WhatsApp(token, phone_number_id=phone_number_id)
    client.base_url = client.v15_base_url = base
    # heyoo computes this once in its constructor, from v14.0.
    client.url = f"{base}/{quote(phone_number_id, safe='')}/messages"
    client.headers = request_headers(token)
    return client


def request_headers(token: str) -> dict[str, str]:
    return {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Graph:
    """Calls that heyoo does not know: templates, numbers."""

    token: str = field(repr=False)
    api_version: str

    def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
    ) -> Answer:
        """`path` is what follows the version: `{waba_id}/message_templates`.

        Raises WhatsAppError, and Misconfigured for an unusable version or address.
        """
        url = f"{conf.graph_base(self.api_version)}/{quote(path.lstrip('/'))}"
        if params:
            url += "?" + urlencode(params)
        return call(method, url, request_headers(self.token), None if json is None else _encode(json))

    def upload(self, path: str, fields: Mapping[str, str], file: tuple[str, bytes, str]) -> Answer:
        """POST a form with one `file`: name, bytes, type. Raises as `request` does."""
        body, content_type = urllib3.encode_multipart_formdata([*fields.items(), ("file", file)])
        headers = request_headers(self.token) | {"Content-Type": content_type}
        return call("POST", f"{conf.graph_base(self.api_version)}/{quote(path)}", headers, body)
