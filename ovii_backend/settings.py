"""Django settings. The environment is read here, once; `.env.example` explains every variable."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from integrations.redis_address import beside
from ovii_backend import environment
from ovii_backend.environment import BASE_DIR, VAR_DIR, env, running_tests

DEBUG = env.bool("DEBUG", default=False)
TESTING = running_tests()
_keys, MISSING_KEYS = environment.keys(DEBUG)
# Management commands may run without keys; what signs or encrypts refuses by itself, and no server starts.
SECRET_KEY = _keys["DJANGO_SECRET_KEY"] or "missing: this process cannot serve"
DJANGO_SECRET_KEY = SECRET_KEY
FIELD_ENCRYPTION_KEYS = [key for key in _keys["FIELD_ENCRYPTION_KEYS"].split(",") if key]
OTP_SECRET_KEY = [key for key in _keys["OTP_SECRET_KEY"].split(",") if key]

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
if DEBUG:
    ALLOWED_HOSTS += [".ngrok.io", ".ngrok-free.app", ".ngrok.app", ".ngrok.dev"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
if env.bool("TRUST_PROXY_HEADER", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "ovii_backend",
    "wallets",
    "users",
    "notifications",
    "integrations",
    "tenants",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "integrations.middleware.webhook_fast_path",
    "ovii_backend.middleware.ProbesByAddress",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "ovii_backend.urls"
WSGI_APPLICATION = "ovii_backend.wsgi.application"
ASGI_APPLICATION = "ovii_backend.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": environment.database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "users.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "NumericPasswordValidator")
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("es", "Español")]
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG or TESTING
# A webhook body may have 3 MB (Meta, Webhooks); Django's own limit is lower.
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework_simplejwt.authentication.JWTAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "PAGE_SIZE": 50,
    # How many proxies stand in front: throttles then read the address that the outermost one saw.
    "NUM_PROXIES": env.int("TRUSTED_PROXIES", default=0),
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "SIGNING_KEY": SECRET_KEY,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Ovii",
    "DESCRIPTION": "The messages of a mobile-money wallet: login codes, transactions, delivery.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "TransactionStatusEnum": "wallets.models.Transaction.Status",
        "TransactionTypeEnum": "wallets.models.Transaction.Type",
        "DeliveryStateEnum": "notifications.states.State",
    },
}

# Broker: a doorbell only. The truth is in the database; losing every broker message costs a few seconds.
REDIS_URL = env.str("REDIS_URL", default="")
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL or ("memory://" if TESTING else "filesystem://"))
# Tests keep their buckets in the database, which forgets with each test.
RATE_LIMIT_URL = env.str("RATE_LIMIT_URL", default="" if TESTING else beside(REDIS_URL, CELERY_BROKER_URL))
BROKER_DIR = Path(env.str("BROKER_DIR", default=str(VAR_DIR / "broker")))

# Meta
WHATSAPP_WABA_ID = env.str("WHATSAPP_WABA_ID", default=env.str("WHATSAPP_BUSINESS_ACCOUNT_ID", default=""))
WHATSAPP_BUSINESS_ACCOUNT_ID = WHATSAPP_WABA_ID
WHATSAPP_PHONE_NUMBER_ID = env.str("WHATSAPP_PHONE_NUMBER_ID", default="")
WHATSAPP_ACCESS_TOKEN = env.str("WHATSAPP_ACCESS_TOKEN", default="")
WHATSAPP_APP_SECRET = env.str("WHATSAPP_APP_SECRET", default="")
WHATSAPP_APP_SECRET_PREVIOUS = env.list("WHATSAPP_APP_SECRET_PREVIOUS", default=[])
WHATSAPP_WEBHOOK_VERIFY_TOKEN = env.str("WHATSAPP_WEBHOOK_VERIFY_TOKEN", default="")
WHATSAPP_API_VERSION = env.str("WHATSAPP_API_VERSION", default="v25.0")
WHATSAPP_GRAPH_URL = env.str("WHATSAPP_GRAPH_URL", default="https://graph.facebook.com")
WHATSAPP_CA_BUNDLE = env.str("WHATSAPP_CA_BUNDLE", default="")
WHATSAPP_MESSAGES_PER_SECOND = env.int("WHATSAPP_MESSAGES_PER_SECOND", default=80)
WHATSAPP_PAIR_SECONDS = env.float("WHATSAPP_PAIR_SECONDS", default=6)
WHATSAPP_PAIR_BURST = env.int("WHATSAPP_PAIR_BURST", default=45)
WHATSAPP_PROVIDER = env.str("WHATSAPP_PROVIDER", default="meta")
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_WHATSAPP_FROM = env.str("TWILIO_WHATSAPP_FROM", default="")
TWILIO_SMS_FROM = env.str("TWILIO_SMS_FROM", default="")
TWILIO_API_URL = env.str("TWILIO_API_URL", default="https://api.twilio.com")
ENABLE_WHATSAPP_NOTIFICATIONS = env.bool(
    "ENABLE_WHATSAPP_NOTIFICATIONS", default=env.bool("WHATSAPP_ENABLED", default=True)
)
WHATSAPP_CONNECT_TIMEOUT_SECONDS = env.float("WHATSAPP_CONNECT_TIMEOUT_SECONDS", default=3.05)
WHATSAPP_READ_TIMEOUT_SECONDS = env.float("WHATSAPP_READ_TIMEOUT_SECONDS", default=15)
WHATSAPP_MESSAGE_HISTORY = env.bool("WHATSAPP_MESSAGE_HISTORY", default=True)
WHATSAPP_WEBHOOK_URL = env.str("WHATSAPP_WEBHOOK_URL", default="")
WHATSAPP_APP_ID = env.str("WHATSAPP_APP_ID", default="")
PUBLIC_URL = env.str("PUBLIC_URL", default="")
WEBHOOK_FLUSH_SECONDS = env.float("WEBHOOK_FLUSH_SECONDS", default=0 if TESTING else 10)
CREDENTIALS_CACHE_SECONDS = env.float("CREDENTIALS_CACHE_SECONDS", default=0 if TESTING else 2)

# Delivery
INSTALLATION_ID = env.str("INSTALLATION_ID", default="ovii")
DELIVERY_LEASE_SECONDS = env.float("DELIVERY_LEASE_SECONDS", default=60)
DELIVERY_UNCERTAIN_SECONDS = env.float("DELIVERY_UNCERTAIN_SECONDS", default=900)
DELIVERY_BATCH_SIZE = env.int("DELIVERY_BATCH_SIZE", default=200)
SWEEP_WITHOUT_BEAT_SECONDS = env.float("SWEEP_WITHOUT_BEAT_SECONDS", default=30)
DELIVERY_THREADS = env.int("DELIVERY_THREADS", default=256)

# Talking with people
REPLIES_PER_MINUTE = env.int("REPLIES_PER_MINUTE", default=10)
WHATSAPP_MEDIA_HOSTS = env.list("WHATSAPP_MEDIA_HOSTS", default=[])
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
WHATSAPP_READ_RECEIPTS = env.bool("WHATSAPP_READ_RECEIPTS", default=True)

# One-time codes
OTP_LENGTH = env.int("OTP_LENGTH", default=6)
OTP_LIFETIME_SECONDS = env.int("OTP_LIFETIME_SECONDS", default=300)
OTP_RESEND_SECONDS = env.int("OTP_RESEND_SECONDS", default=30)
OTP_MAX_TRIES = env.int("OTP_MAX_TRIES", default=5)
OTP_REQUEST_THROTTLE = env.str("OTP_REQUEST_THROTTLE", default="60/min")
OTP_VERIFY_THROTTLE = env.str("OTP_VERIFY_THROTTLE", default="120/min")
OTP_MAX_SENDS = env.int("OTP_MAX_SENDS", default=5)
OTP_REQUESTS_PER_10_MINUTES = env.int("OTP_REQUESTS_PER_10_MINUTES", default=5)
OTP_REQUESTS_PER_DAY = env.int("OTP_REQUESTS_PER_DAY", default=20)

# Telling the operators
OPERATOR_EMAILS = env.list("OPERATOR_EMAILS", default=[])
OPERATOR_WEBHOOK_URL = env.str("OPERATOR_WEBHOOK_URL", default="")
OPERATOR_WEBHOOK_SECRET = env.str("OPERATOR_WEBHOOK_SECRET", default="")
ALERT_FAILURE_RATE = env.float("ALERT_FAILURE_RATE", default=0.3)
ALERT_FAILURE_RATE_LAST = env.int("ALERT_FAILURE_RATE_LAST", default=100)
ALERT_FAILURE_RATE_MINIMUM = env.int("ALERT_FAILURE_RATE_MINIMUM", default=20)
ALERT_SILENCE_SECONDS = env.float("ALERT_SILENCE_SECONDS", default=900)
ALERT_OLDEST_DUE_SECONDS = env.float("ALERT_OLDEST_DUE_SECONDS", default=120)

# Mail, by which alerts are told
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND", default=f"django.core.mail.backends.{'console' if DEBUG else 'smtp'}.EmailBackend"
)
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=10)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Ovii <ovii@localhost>")

# Keeping and forgetting
ARCHIVE_AFTER_DAYS = env.int("ARCHIVE_AFTER_DAYS", default=90)
RETENTION_DAYS = env.int("RETENTION_DAYS", default=365)
PSEUDONYM_SECRET = env.str("PSEUDONYM_SECRET", default="") or _keys["DJANGO_SECRET_KEY"]

# Lets a monitor see the details of /health/ready and /api/v1/whatsapp/health.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FILE = env.str("LOG_FILE", default="logs/ovii.log" if DEBUG and not TESTING else "")
_log_handlers: dict[str, dict[str, object]] = {
    "stdout": {
        "class": "logging.StreamHandler",
        "stream": "ext://sys.stdout",
        "formatter": "line",
        "filters": ["redact"],
    }
}
if LOG_FILE:
    (BASE_DIR / LOG_FILE).parent.mkdir(parents=True, exist_ok=True)
    _log_handlers["file"] = {
        "class": "logging.handlers.WatchedFileHandler",
        "filename": BASE_DIR / LOG_FILE,
        "formatter": "line",
        "filters": ["redact"],
    }
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"redact": {"()": "integrations.redaction.RedactionFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)-7s %(name)s: %(message)s"}},
    "handlers": _log_handlers,
    "root": {"level": LOG_LEVEL, "handlers": list(_log_handlers)},
    # Bells and ticks every two seconds; their failures are errors and stay.
    "loggers": {
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "kombu.connection": {"level": "ERROR"},
    },
}

if not DEBUG:
    SESSION_COOKIE_SECURE = env.bool("SECURE_COOKIES", default=True)
    CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
