"""Addresses of Redis databases. Read by the settings: nothing of Django may be imported here."""

from __future__ import annotations

from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit

SCHEMES = ("redis", "rediss", "unix")


def beside(redis_url: str, taken: str) -> str:
    """The next database of the same Redis that is not `taken`: its number plus one, or two.

    An address without a number that can be told is returned as it is; so is an empty one.
    """
    number = database(redis_url)
    if number is None:
        return redis_url
    following = [_with_database(urlsplit(redis_url), number + step) for step in (1, 2)]
    return following[same_database(following[0], taken)]


def same_database(one: str, other: str) -> bool:
    """Whether two addresses mean one database of one Redis, whatever user and password they carry."""
    return database(one) is not None and _place(one) == _place(other)


def database(url: str) -> int | None:
    """The number in a Redis address, 0 where it has none; None where it is no such address."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        return None
    default = "0" if parts.scheme == "unix" else parts.path.strip("/") or "0"
    number = dict(parse_qsl(parts.query)).get("db", default)
    return int(number) if number.isdecimal() else None


def _place(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2].lower() or "localhost"
    if parts.scheme == "unix":
        server = parts.path
    elif ":" not in server.rpartition("]")[2]:
        server += ":6379"
    return server, database(url)


def _with_database(parts: SplitResult, number: int) -> str:
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "unix" or "db" in query:
        return parts._replace(query=urlencode(query | {"db": str(number)})).geturl()
    return parts._replace(path=f"/{number}").geturl()
