"""Where settings come from: the process environment, then a `.env` file beside manage.py."""

from __future__ import annotations

import json
import os
import secrets
import sys
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def running_tests() -> bool:
    """True under `manage.py test` and under pytest."""
    return "pytest" in sys.modules or sys.argv[1:2] == ["test"]


env = environ.Env()
# Tests give the same result on every machine, whatever its .env says.
if not running_tests():
    environ.Env.read_env(os.environ.get("ENV_FILE") or BASE_DIR / ".env")

# Everything that is written at run time, log files aside: embedded database, broker folder, development keys.
VAR_DIR = Path(env.str("VAR_DIR", default="") or BASE_DIR / "var").resolve()

KEY_NAMES = ("DJANGO_SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "OTP_SECRET_KEY")
_TEST_KEYS = {
    "DJANGO_SECRET_KEY": "only-for-tests-and-therefore-not-secret-at-all",
    "FIELD_ENCRYPTION_KEYS": "b25seS1mb3ItdGVzdHMtYW5kLW5vdC1zZWNyZXQtISE=",
    "OTP_SECRET_KEY": "only-for-tests-and-therefore-not-secret-either",
}


def keys(debug: bool) -> tuple[dict[str, str], list[str]]:
    """The three keys of an installation and the names of those that are missing.

    Absent keys are fixed in a test run and, with DEBUG, generated once into an ignored file; both with a
    warning. Otherwise they stay empty: `require_keys` then refuses to serve.
    """
    found = {name: env.str(name, default="") for name in KEY_NAMES}
    missing = [name for name, value in found.items() if not value]
    if not missing:
        return found, []
    if running_tests():
        warnings.warn(f"{', '.join(missing)} not set: fixed test keys are used.", stacklevel=2)
        return found | {name: _TEST_KEYS[name] for name in missing}, []
    if debug:
        kept = _development_keys(Path(env.str("DEVELOPMENT_KEYS_FILE", default=str(VAR_DIR / "keys.json"))))
        warnings.warn(f"{', '.join(missing)} not set: development keys from var/ are used.", stacklevel=2)
        return found | {name: kept[name] for name in missing}, []
    return found, missing


def _development_keys(path: Path) -> dict[str, str]:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "w") as file:
            json.dump(new_keys(), file)
        # Several processes may start at once: the first complete file stays, nobody reads half of one.
        with suppress(FileExistsError):
            os.link(draft, path)
        os.unlink(draft)
    return json.loads(path.read_text())


def new_keys() -> dict[str, str]:
    """Fresh random values for KEY_NAMES."""
    return {
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "OTP_SECRET_KEY": secrets.token_urlsafe(48),
    }


def require_keys() -> None:
    """Called where a process starts to serve. Raises ImproperlyConfigured when a key is missing."""
    from django.conf import settings

    if settings.MISSING_KEYS:
        raise ImproperlyConfigured(
            f"Set {', '.join(settings.MISSING_KEYS)} in the environment or in .env before serving "
            "(.env.example says how to make them), or set DEBUG=true on a development machine."
        )


def database() -> dict[str, object]:
    """Django's DATABASES["default"] from DATABASE_URL, or DATABASE_ENGINE and friends, or the embedded SQLite."""
    if env.str("DATABASE_URL", default=""):
        config = env.db_url("DATABASE_URL")
    else:
        engine = env.str("DATABASE_ENGINE", default="sqlite")
        engine = {"sqlite": "django.db.backends.sqlite3", "postgresql": "django.db.backends.postgresql"}.get(
            engine.removesuffix("3"), engine
        )
        config = {
            "ENGINE": engine,
            "NAME": env.str("DATABASE_NAME", default=str(VAR_DIR / "ovii.sqlite3")),
            "USER": env.str("DATABASE_USER", default=""),
            "PASSWORD": env.str("DATABASE_PASSWORD", default=""),
            "HOST": env.str("DATABASE_HOST", default=""),
            "PORT": env.str("DATABASE_PORT", default=""),
        }
    if config["ENGINE"].endswith("sqlite3"):
        if config["NAME"] != ":memory:":
            Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
        # One writer at a time: take the write lock at BEGIN and wait for it, instead of failing in the middle.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
    else:
        config["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
        config["CONN_HEALTH_CHECKS"] = True
    return config
