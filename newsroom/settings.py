"""All settings, read from the environment by ``newsroom.environment``.

A value that makes no sense stops the start with a message that names the
variable, what was given and what is expected. ``docs/operators.md`` lists them.
"""

import mimetypes
import sys
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from newsroom.environment import (
    env_android_apps,
    env_app_ids,
    env_choice,
    env_contacts,
    env_count,
    env_database,
    env_fetch_allow,
    env_flag,
    env_folder,
    env_list,
    env_secret,
    env_text,
    env_url,
    env_zone,
)

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env_flag("DEBUG")

DATABASES = {
    "default": env_database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")
}
if env_text("NEWSROOM_REPLICA_URL"):
    DATABASES["replica"] = env_database("NEWSROOM_REPLICA_URL")
    DATABASES["replica"]["TEST"] = {"MIRROR": "default"}
DATABASE_ROUTERS = ["newsroom.replica.ReaderRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

SECRET_KEY = env_secret(
    "SECRET_KEY",
    beside=Path(DATABASES["default"]["NAME"]).parent
    if "sqlite3" in DATABASES["default"]["ENGINE"]
    else BASE_DIR,
    debug=DEBUG,
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
    "newsroom.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "articles.site.kept.KeptMiddleware",
    # These three come first, so that no answer misses what they add: not a static
    # file, nor a refusal by one of the others.
    "newsroom.middleware.ContentSecurityPolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "newsroom.middleware.HeadMiddleware",
    "newsroom.middleware.FreshErrorsMiddleware",
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

LOADERS = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
# What templates are told that is the same on all pages of a language.
SETTLED = (
    *("site_name", "site_url", "theme_css", "app_store_url", "play_store_url"),
    *("page_language", "is_rtl", "zone"),
)
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [folder / "templates" for folder in OVERLAYS],
        "OPTIONS": {
            "loaders": [("newsroom.templates.Loader", LOADERS, SETTLED)],
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
            # Seconds for which a signed address is good: cards and pages with it are
            # kept for an hour each, and read for longer.
            "querystring_expire": 24 * 3600,
        },
    }

CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 5_000},
    }
}
if redis := env_url("REDIS_URL", schemes=("redis", "rediss", "unix")):
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": redis,
    }
NEWSROOM_SHARES_CACHE = bool(redis)

# Pages that were drawn are kept in the cache, for each edition of what they show, and
# so are the cards that they are put together of. While templates are being written,
# they are not.
NEWSROOM_KEEPS_PAGES = env_flag("NEWSROOM_PAGE_CACHE", default=not DEBUG)
NEWSROOM_KEEPS_PARTS = env_flag("NEWSROOM_CARD_CACHE", default=not DEBUG)

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
# SQLite has no covering indexes; there they hold what they are ordered by.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021", "models.W040"]
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
    "filters": {"refusals": {"()": "newsroom.logs.WithoutRefusals"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["refusals"],
        }
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    # Django's own console handler, in DEBUG, would say each line a second time.
    "loggers": {"django": {"handlers": [], "level": "WARNING"}},
}
