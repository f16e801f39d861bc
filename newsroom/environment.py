"""Reading the environment, one kind of value by one function.

Each raises ImproperlyConfigured for a value that makes no sense, with the name of
the variable, what was given and what is expected.
"""

import os
import re
import secrets
import sys
import zoneinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from articles.ingest.addresses import Allow


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


def env_secret(name: str, *, beside: Path, debug: bool) -> str:
    """A secret; in debug where none is given, a random one kept in a file."""
    if key := env_text(name):
        return key
    if not debug:
        raise ImproperlyConfigured(
            f"{name} is not set. Outside of DEBUG it must be: a random text of"
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
