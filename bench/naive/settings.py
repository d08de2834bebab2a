import os

import environ

SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]
INSTALLED_APPS = ["bench.naive"]
DATABASES = {"default": environ.Env().db_url("DATABASE_URL")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
# The web process of bench.webhooks; workers have no use for these.
ROOT_URLCONF = "bench.naive.web"
ALLOWED_HOSTS = ["*"]
REST_FRAMEWORK = {"UNAUTHENTICATED_USER": None}
DATA_UPLOAD_MAX_MEMORY_SIZE = 3 * 1024 * 1024
if os.environ.get("NAIVE_CONN_MAX_AGE") == "none":
    DATABASES["default"]["CONN_MAX_AGE"] = None
