"""What may be filled into a message only while its payload is built.

An outbox row keeps a reference; the resolver that a domain registers turns references into values at the
moment of sending. The value is never stored, logged or queued.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Resolver = Callable[[Sequence[str]], dict[str, str]]

_resolvers: dict[str, Resolver] = {}


@dataclass(frozen=True, slots=True)
class SecretRef:
    """`resolver` is a registered name, `ref` whatever that resolver understands."""

    resolver: str
    ref: str

    def as_json(self) -> list[str]:
        return [self.resolver, self.ref]


def register(name: str, resolve: Resolver) -> None:
    """Make `resolve` answer for `name`: it takes references and returns values; a missing one is gone for good.

    Raises ValueError when another resolver has the name.
    """
    if _resolvers.setdefault(name, resolve) is not resolve:
        raise ValueError(f"Two resolvers call themselves {name!r}.")


def registered(name: str) -> bool:
    return name in _resolvers


def resolve(wanted: Sequence[SecretRef]) -> dict[SecretRef, str]:
    """The values of those that still exist, with one call per resolver."""
    by_resolver: dict[str, list[str]] = {}
    for secret in wanted:
        by_resolver.setdefault(secret.resolver, []).append(secret.ref)
    found: dict[SecretRef, str] = {}
    for name, refs in by_resolver.items():
        values = _resolvers[name](refs) if name in _resolvers else {}
        found.update({SecretRef(name, ref): value for ref, value in values.items()})
    return found
