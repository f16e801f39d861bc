"""All settings, read from the environment in this one place.

A value that makes no sense stops the start with a message that names the
variable, what was given and what is expected. ``docs/operators.md`` lists them.
"""

import mimetypes
import os
import re
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


def env_contacts(name: str) -> list[str]:
    """Addresses at which people can be reached (RFC 9116, 2.5.3)."""
    address = re.compile(r"mailto:[^\s@]+@[^\s@]+|https://\S+|tel:\+?[\d-]+")
    contacts = env_list(name)
    for contact in contacts:
        if not address.fullmatch(contact):
            raise ImproperlyConfigured(
                f"{name}={contact!r}: write mailto:name@host, https://… or tel:…."
            )
    return contacts


def env_app_ids(name: str) -> list[str]:
    """Apple's names of apps: the team's ten characters, and the bundle."""
    ids = env_list(name)
    for each in ids:
        if not re.fullmatch(r"[A-Z0-9]{10}\.[A-Za-z0-9.-]+", each):
            raise ImproperlyConfigured(
                f"{name}={each!r}: write the team and the bundle, such as"
                " ABCDE12345.com.example.news."
            )
    return ids


def env_android_apps(name: str) -> dict[str, list[str]]:
    """``{package: fingerprints}`` from ``package=AA:BB:…`` entries."""
    app = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+=([0-9A-F]{2}:){31}[0-9A-F]{2}")
    apps: dict[str, list[str]] = {}
    for entry in env_list(name):
        package, _, fingerprint = entry.partition("=")
        if not app.fullmatch(entry):
            raise ImproperlyConfigured(
                f"{name}={entry!r}: write a package and the SHA-256 of its"
                " certificate, such as com.example.news=AA:BB:… of 32 pairs."
            )
        apps.setdefault(package, []).append(fingerprint)
    return apps


def env_zone(name: str, default: str) -> str:
    text = env_text(name, default)
    try:
        zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImproperlyConfigured(
            f"{name}={text!r}: no such time zone; write one such as Asia/Tokyo."
        ) from error
    return text


def env_folder(name: str) -> Path | None:
    """A folder that is there, or None when unset."""
    text = env_text(name)
    if text and not Path(text).is_dir():
        raise ImproperlyConfigured(f"{name}={text!r}: there is no such folder.")
    return Path(text).resolve() if text else None


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
# What other programs are told: search engines, browsers, apps, finders of faults.
NEWSROOM_INDEX_PIECES = env_count("NEWSROOM_INDEX_PIECES", default=3, most=1000)
NEWSROOM_SECURITY_CONTACT = env_contacts("NEWSROOM_SECURITY_CONTACT")
NEWSROOM_TDM_RESERVATION = env_flag("NEWSROOM_TDM_RESERVATION", default=True)
NEWSROOM_TDM_POLICY_URL = env_url("NEWSROOM_TDM_POLICY_URL")
NEWSROOM_APPLE_APP_IDS = env_app_ids("NEWSROOM_APPLE_APP_IDS")
NEWSROOM_ANDROID_APPS = env_android_apps("NEWSROOM_ANDROID_APPS")
# A publisher's own templates and static files, which come before ours.
NEWSROOM_THEME = env_folder("NEWSROOM_THEME")
NEWSROOM_FETCH_ALLOW = env_fetch_allow("NEWSROOM_FETCH_ALLOW")
NEWSROOM_UNDO_SECONDS = env_count("NEWSROOM_UNDO_SECONDS", default=10, most=3600)

OVERLAYS = [NEWSROOM_THEME, BASE_DIR] if NEWSROOM_THEME else [BASE_DIR]
_style = "css/theme.css"
_has_style = bool(NEWSROOM_THEME) and (OVERLAYS[0] / "static" / _style).is_file()
NEWSROOM_THEME_STYLE = _style if _has_style else ""

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
]

MIDDLEWARE = [
    # These three come first, so that no answer misses what they add: not a static
    # file, nor a refusal by one of the others.
    "newsroom.middleware.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "newsroom.middleware.HeadMiddleware",
    "newsroom.middleware.CrawlersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # Before the next, which tries addresses with a slash at their end.
    "newsroom.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [folder / "templates" for folder in OVERLAYS],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "articles.site.context.site",
            ],
            "libraries": {
                "acts": "articles.admin.template_tags",
                "head": "articles.site.template_tags",
            },
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

# The languages of readers' pages. This one has addresses without a prefix; the
# admin speaks it alone.
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ja", "日本語")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["newsroom.formats"]
# Aware UTC in the database; this zone is for showing and for grouping by day.
TIME_ZONE = env_zone("NEWSROOM_TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATICFILES_DIRS = [
    folder / "static" for folder in OVERLAYS if (folder / "static").is_dir()
]
STATIC_ROOT = Path(env_text("STATIC_ROOT", str(BASE_DIR / "staticfiles")))
STATIC_IS_COLLECTED = (STATIC_ROOT / "staticfiles.json").is_file() and not DEBUG
WHITENOISE_USE_FINDERS = not STATIC_IS_COLLECTED
if not STATIC_IS_COLLECTED:
    # The files are then served from where they lie; nothing is missing.
    warnings.filterwarnings("ignore", "No directory at", module="django.core")

# Not in every machine's table of types; a picture that is sent as bytes is none to a
# browser that must not guess.
mimetypes.add_type("image/webp", ".webp")
IMMUTABLE = "public, max-age=31536000, immutable"
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
        "OPTIONS": {
            "bucket_name": urlsplit(bucket).netloc,
            # Names are made from contents, so they never change their meaning.
            "object_parameters": {"CacheControl": IMMUTABLE},
        },
    }

CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}
if redis := env_url("REDIS_URL", schemes=("redis", "rediss", "unix")):
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis,
    }

# Pages that were drawn are kept in the cache, for each edition of what they show.
# While templates are being written, they are not.
NEWSROOM_KEEPS_PAGES = env_flag("NEWSROOM_PAGE_CACHE", default=not DEBUG)

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
# What no page of ours uses, and so nothing that got into one may (W3C Permissions
# Policy; the features that ask for a device, a place or money).
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)

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
