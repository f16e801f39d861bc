"""All settings, read from the environment in this one place.

A value that makes no sense stops the start with a message that names the
variable, what was given and what is expected. ``docs/operators.md`` lists them.
"""

import os
import secrets
import sys
import warnings
import zoneinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from articles.ingest.addresses import Allow

BASE_DIR = Path(__file__).resolve().parent.parent


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_flag(name: str, default: bool = False) -> bool:
    text = env_text(name).lower()
    if text in {"1", "true", "yes", "on"}:
        return True
    if text in {"0", "false", "no", "off"}:
        return False
    if text:
        raise ImproperlyConfigured(f"{name}={text!r}: write 1 or 0.")
    return default


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env_text(name, default).split(",") if part.strip()]


def env_count(name: str, default: int, most: int) -> int:
    text = env_text(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) <= most):
        raise ImproperlyConfigured(
            f"{name}={text!r}: write a whole number from 0 to {most}."
        )
    return int(text)


def env_choice(name: str, choices: tuple[str, ...]) -> str:
    """One of ``choices``; the first when unset."""
    text = env_text(name, choices[0])
    if text not in choices:
        raise ImproperlyConfigured(f"{name}={text!r}: write {' or '.join(choices)}.")
    return text


def env_url(name: str, default: str = "", schemes: tuple[str, ...] = ("https",)) -> str:
    """An absolute address without a trailing slash, or "" when unset."""
    text = env_text(name, default)
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if text and not (parts.scheme in schemes and parts.hostname):
        expected = " or ".join(f"{scheme}://…" for scheme in schemes)
        raise ImproperlyConfigured(
            f"{name}={text!r}: write an address that begins with {expected}."
        )
    return text.rstrip("/")


def env_database(name: str, default: str = "") -> dict[str, Any]:
    """Django's settings for a database URL (sqlite or postgres)."""
    url = env_text(name, default)
    scheme = url.partition("://")[0]
    if scheme not in {"sqlite", "postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{name} begins with {scheme!r}: write sqlite:///path/to/file or"
            " postgres://user:password@host/name."
        )
    config = dict(environ.Env.db_url_config(url))
    options = config.setdefault("OPTIONS", {})
    if scheme == "sqlite":
        options |= {
            # A writer takes its lock at BEGIN: two processes queue instead of
            # failing half-way with "database is locked".
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    elif answers_requests():
        # The pool is set here and not in the URL: there it would be the text
        # "true".
        options["pool"] = {"min_size": 0, "max_size": 10, "timeout": 15}
    return config


def answers_requests() -> bool:
    """Whether this process serves, on several threads, and profits from a pool.

    A command has one connection; where the server is away, a pool would keep its
    user waiting for 15 seconds and hide the reason.
    """
    return Path(sys.argv[0]).name != "manage.py" or "runserver" in sys.argv


def env_zone(name: str, default: str) -> str:
    text = env_text(name, default)
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(
            f"{name}={text!r}: no such time zone; write one such as Asia/Tokyo."
        ) from error
    return text


def env_fetch_allow(name: str) -> list[str]:
    """``host``, ``host:port`` or CIDR entries, as they are."""
    entries = env_list(name)
    try:
        Allow.parse(entries)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}.") from None
    return entries


def secret_key(beside: Path) -> str:
    """The key from the environment; in debug, a random one kept in a file."""
    if key := env_text("SECRET_KEY"):
        return key
    if not DEBUG:
        raise ImproperlyConfigured(
            "SECRET_KEY is not set. Outside of DEBUG it must be: a random text of"
            " 50 characters or more, the same for every process."
        )
    kept = beside / ".secret_key"
    try:
        with kept.open("x", encoding="ascii") as file:
            kept.chmod(0o600)
            file.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(
            f"The folder of the database, {beside}, cannot be written to:"
            f" {error.strerror}."
        ) from error
    return kept.read_text(encoding="ascii")


DEBUG = env_flag("DEBUG")

DATABASES = {
    "default": env_database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
}
if env_text("NEWSROOM_REPLICA_URL"):
    DATABASES["replica"] = env_database("NEWSROOM_REPLICA_URL")
    DATABASES["replica"]["TEST"] = {"MIRROR": "default"}
DATABASE_ROUTERS = ["newsroom.replica.ReaderRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SECRET_KEY = secret_key(
    Path(DATABASES["default"]["NAME"]).parent
    if "sqlite3" in DATABASES["default"]["ENGINE"]
    else BASE_DIR
)

# What the newsroom is called, where it stands, and which zone its days follow.
NEWSROOM_SITE_NAME = env_text("NEWSROOM_SITE_NAME", "Newsroom")
NEWSROOM_SITE_URL = env_url(
    "NEWSROOM_SITE_URL", "http://127.0.0.1:8000", schemes=("https", "http")
)
NEWSROOM_APP_STORE_URL = env_url("NEWSROOM_APP_STORE_URL")
NEWSROOM_PLAY_STORE_URL = env_url("NEWSROOM_PLAY_STORE_URL")
NEWSROOM_FETCH_ALLOW = env_fetch_allow("NEWSROOM_FETCH_ALLOW")
NEWSROOM_UNDO_SECONDS = env_count("NEWSROOM_UNDO_SECONDS", default=10, most=3600)

ALLOWED_HOSTS = env_list(
    "ALLOWED_HOSTS",
    ",".join({"127.0.0.1", "localhost", "[::1]"}),
)
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "articles",
    # taggit stays out: its documentation asks for that when the tag model is
    # one's own, or a second, empty tag table would stand beside ours.
    "django_filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.sitemaps",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "newsroom.middleware.HeadMiddleware",
    "newsroom.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "articles.site.context.site",
            ],
            "libraries": {"acts": "articles.admin.template_tags"},
        },
    },
]
# Work that outlives a request: done in place, or queued in the database for the
# workers of django-tasks-db, whose tables are made by migrate.
NEWSROOM_TASKS = env_choice("NEWSROOM_TASKS", choices=("immediate", "database"))
INSTALLED_APPS.append("django_tasks")
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
if NEWSROOM_TASKS == "database":
    INSTALLED_APPS.append("django_tasks_db")
    TASKS["default"] = {"BACKEND": "django_tasks_db.DatabaseBackend"}

# Templates of our own come before the admin's of the same name, for its forms too.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en"
# Aware UTC in the database; this zone is for showing and for grouping by day.
TIME_ZONE = env_zone("NEWSROOM_TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env_text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATIC_IS_COLLECTED = (STATIC_ROOT / "staticfiles.json").is_file() and not DEBUG
WHITENOISE_USE_FINDERS = not STATIC_IS_COLLECTED
if not STATIC_IS_COLLECTED:
    # The files are then served from where they lie; nothing is missing.
    warnings.filterwarnings("ignore", "No directory at", module="django.core")

MEDIA_URL = env_text("MEDIA_URL", "/media/").rstrip("/") + "/"
MEDIA_ROOT = Path(env_text("MEDIA_ROOT", str(BASE_DIR / "media")))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "newsroom.static_files.StaticFilesStorage"
        # Only what collectstatic has named by content can be asked for by it.
        if STATIC_IS_COLLECTED or "collectstatic" in sys.argv
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
if bucket := env_url("NEWSROOM_STORAGE_URL", schemes=("s3",)):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": urlsplit(bucket).netloc},
    }

CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
if redis := env_url("REDIS_URL", schemes=("redis", "rediss", "unix")):
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis,
    }

# The directives carry Django 6's setting name, so that its own middleware can
# take ours' place one day.
SECURE_CSP = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
    "base-uri": ["'none'"],
}
if urlsplit(MEDIA_URL).netloc:
    SECURE_CSP["img-src"].append("{0.scheme}://{0.netloc}".format(urlsplit(MEDIA_URL)))

SERVED_OVER_HTTPS = NEWSROOM_SITE_URL.startswith("https://") and not DEBUG
SECURE_SSL_REDIRECT = SERVED_OVER_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if SERVED_OVER_HTTPS else 0
# A newsroom seldom owns all of its domain: whether the subdomains can do without
# http is for their owners to say, so Django's two hints about that stay unheard.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = SERVED_OVER_HTTPS
CSRF_COOKIE_SECURE = SERVED_OVER_HTTPS
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
X_FRAME_OPTIONS = "DENY"
if env_flag("NEWSROOM_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

TAGGIT_CASE_INSENSITIVE = True
# An import of a thousand inline fields is an attack, a long tag list is not.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
LOGIN_URL = "admin:login"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Django's own console handler, in DEBUG, would say each line a second time.
    "loggers": {"django": {"handlers": [], "level": "WARNING"}},
}
