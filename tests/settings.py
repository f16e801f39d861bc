"""The settings of a test run: Newsroom's own, the same on every machine.

What a developer's shell holds does not count, but for DATABASE_URL, beside whose
database a test database is made. The shared cache is emptied before every test, so
it is never the one of REDIS_URL, only one that tests/run.py started.
"""

import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

for name in (
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "DEBUG",
    "MEDIA_ROOT",
    "MEDIA_URL",
    "NEWSROOM_ANDROID_APPS",
    "NEWSROOM_APPLE_APP_IDS",
    "NEWSROOM_APP_STORE_URL",
    "NEWSROOM_BEHIND_PROXY",
    "NEWSROOM_FETCH_ALLOW",
    "NEWSROOM_PAGE_CACHE",
    "NEWSROOM_CARD_CACHE",
    "NEWSROOM_INDEX_PIECES",
    "NEWSROOM_PLAY_STORE_URL",
    "NEWSROOM_REPLICA_URL",
    "NEWSROOM_SECURITY_CONTACT",
    "NEWSROOM_SITE_NAME",
    "NEWSROOM_SITE_URL",
    "NEWSROOM_STORAGE_URL",
    "NEWSROOM_TASKS",
    "NEWSROOM_TDM_POLICY_URL",
    "NEWSROOM_TDM_RESERVATION",
    "NEWSROOM_THEME",
    "NEWSROOM_TIME_ZONE",
    "NEWSROOM_UNDO_SECONDS",
    "REDIS_URL",
    "STATIC_ROOT",
):
    os.environ.pop(name, None)
os.environ["SECRET_KEY"] = "for tests, which sign nothing that anybody else reads"

# With pytest -n, each worker (gw0, gw1 ...) has a database of its own in it.
if cache := os.environ.get("NEWSROOM_TEST_REDIS_URL"):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    os.environ["REDIS_URL"] = urlsplit(cache)._replace(path=f"/{worker}").geturl()

from newsroom.settings import *  # noqa: E402, F403
from newsroom.settings import DATABASES, STORAGES  # noqa: E402

# In a file, as it is for everybody: threads of a live server that share one database
# in memory are refused tables that another one is writing to, instead of waiting.
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    scratch = Path(tempfile.gettempdir()) / f"newsroom-test-{os.getpid()}.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": str(scratch)}

# A password takes microseconds instead of a quarter of a second.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# The live server finds the files where they lie; nothing is collected, and no
# manifest is needed.
STATIC_ROOT = None  # type: ignore[assignment]
WHITENOISE_USE_FINDERS = False
STORAGES["staticfiles"] = {
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}

# Most tests write rows as no verb would, and look at a page at once. That kept pages
# are never old is for tests/site/test_kept.py to show.
NEWSROOM_KEEPS_PAGES = NEWSROOM_KEEPS_PARTS = False
