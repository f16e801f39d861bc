"""What a page costs that nginx has kept, beside a static file.

    python -m tests.bench front [--pieces 10000] [--url URL] [--rounds 7]

nginx runs with the configuration of ``docs/nginx.conf``, with other folders and ports,
before gunicorn with one worker. Rounds are interleaved. Printed are the CPU of both for
one request, and what comes of it beside the static file.
"""

import argparse
import contextlib
import http.client
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .fetching import REPOSITORY, manage
from .reading import Server, cpu_of, database_of, facts_of, free_port

#: Seconds that nginx may take to answer.
START = 10


@contextlib.contextmanager
def nginx(folder: Path, application: int) -> Iterator[tuple[int, int]]:
    """nginx in front of the application; its port, and its process."""
    if not (binary := shutil.which("nginx")):
        sys.exit("There is no nginx here; install it (Debian: nginx-light).")
    port = free_port()
    text = (REPOSITORY / "docs/nginx.conf").read_text(encoding="utf-8")
    for given, taken in (
        ("/var/cache/nginx/newsroom", f"{folder}/cache"),
        ("/srv/newsroom/staticfiles/", f"{folder}/static/"),
        ("/srv/newsroom/", f"{folder}/"),
        ("127.0.0.1:8000", f"127.0.0.1:{application}"),
        ("listen 80;", f"listen 127.0.0.1:{port};"),
        ("server_name news.example;", ""),
        ("worker_processes auto;", "worker_processes 1; daemon off;"),
    ):
        assert given in text, given
        text = text.replace(given, taken)
    # Its worker has another user's rights, where root starts it.
    folder.chmod(0o755)
    text = f"user {'root' if os.geteuid() == 0 else 'nobody'};\n{text}"
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    logs = f"pid {folder}/pid; error_log {folder}/error.log;"
    command = [binary, "-c", f"{folder}/nginx.conf", "-g", logs]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            if time.monotonic() > deadline or process.poll() is not None:
                sys.exit((folder / "error.log").read_text(encoding="utf-8"))
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=START)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--pieces", type=int, default=10_000)
    parser.add_argument("--url", default="", help="a database that is filled already")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=500)
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = options.url or stack.enter_context(
            database_of("sqlite", str(folder), options.pieces)
        )
        os.environ["STATIC_ROOT"] = f"{folder}/static"
        manage(url, "collectstatic", "--no-input", "-v", "0")
        variables = {
            "DATABASE_URL": url,
            "SECRET_KEY": "for a bench, which signs nothing at all, for nobody",
            "DEBUG": "0",
        }
        site = Server("newsroom.wsgi", variables)
        stack.callback(site.stop)
        port, process = stack.enter_context(nginx(folder, site.port))
        front = http.client.HTTPConnection("127.0.0.1", port)
        stack.callback(front.close)
        style = next((folder / "static/css").glob("site.*.css"))
        paths = {
            "static file": f"/static/css/{style.name}",
            "tag page": f"/tags/{facts_of(url)['tags'][0]}/",
            "static file again": f"/static/css/{style.name}",
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in paths}
        for _ in range(options.rounds):
            for name, path in paths.items():
                before = (cpu_of(process), site.cpu())
                for _ in range(options.requests):
                    front.request("GET", path, headers={"Accept-Encoding": "gzip"})
                    answer = front.getresponse()
                    answer.read()
                    assert answer.status == 200, answer.status
                of_nginx, of_site = cpu_of(process) - before[0], site.cpu() - before[1]
                each = 1000 / options.requests
                found[name].append((of_nginx * each, of_site * each))
    lines = ["| | nginx, CPU ms | application, CPU ms |", "|-|-|-|"]
    for name, took in found.items():
        medians = [statistics.median(column) for column in zip(*took, strict=True)]
        lines.append(f"| {name} | {medians[0]:.3f} | {medians[1]:.3f} |")
    sys.stdout.write("\n".join([*lines, ""]))
