"""Get pip where there is none and nobody may install it: its wheel, from the package index that pip would ask.

Standard library only, Python 3.8 or later. The index is the one that pip's own configuration names; pip's wheel is run
as it is, and only to make .venv.
"""

import base64
import configparser
import hashlib
import os
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

from steps import Failed

DEFAULT_INDEX = "https://pypi.org/simple"
SECONDS = 60
WHEEL = re.compile(r"pip-(\d+(?:\.\d+)*)-py3-none-any\.whl")  # releases only: pre-releases have letters


class Wheel(NamedTuple):
    """One of the wheels that an index offers."""

    version: "tuple[int, ...]"
    name: str
    url: str
    sha256: str  # "": the index does not say


def configuration(key: str) -> str:
    """Read one of pip's settings the way pip does: its files, the later ones count, then the environment."""
    home, xdg = Path.home(), Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    files = [Path("/etc/xdg/pip/pip.conf"), Path("/etc/pip.conf"), home / ".pip" / "pip.conf"]
    files += [home / "Library/Application Support/pip/pip.conf", xdg / "pip" / "pip.conf"]
    chosen = os.environ.get("PIP_CONFIG_FILE")
    if chosen == os.devnull:
        files = []
    elif chosen:
        files.append(Path(chosen))
    value = ""
    for file in files:
        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read(str(file), encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            continue  # pip itself will say what is wrong with it
        for section in ("global", "install"):
            value = parser.get(section, key, fallback=value)
    return os.environ.get("PIP_" + key.upper().replace("-", "_")) or value


class Links(HTMLParser):
    """The links of a page of an index, with the Python that each file wants."""

    def __init__(self, page: str) -> None:
        """Start with no link; ``page`` is where relative ones begin."""
        super().__init__()
        self.page = page
        self.wheels: "list[Wheel]" = []

    def handle_starttag(self, tag: str, attrs: "list[tuple[str, str | None]]") -> None:
        """Keep a link to a wheel that this Python can run."""
        given = {key: value or "" for key, value in attrs}
        url, _, fragment = urllib.parse.urljoin(self.page, given.get("href", "")).partition("#")
        name = urllib.parse.unquote(url.rpartition("/")[2])
        match = WHEEL.fullmatch(name)
        if tag != "a" or not match or "data-yanked" in given or not runs_here(given.get("data-requires-python", "")):
            return
        sha256 = fragment[len("sha256=") :] if fragment.startswith("sha256=") else ""
        self.wheels.append(Wheel(tuple(int(part) for part in match.group(1).split(".")), name, url, sha256))


def runs_here(wanted: str) -> bool:
    """Tell whether this Python is new enough; pip's releases say no more than ``>=3.9``, with some versions left out."""
    least = re.search(r">=\s*(\d+)\.(\d+)", wanted)
    return least is None or sys.version_info[:2] >= (int(least.group(1)), int(least.group(2)))


def read(url: str) -> "tuple[str, bytes]":
    """Read a URL, with the certificates of pip's configuration and the password that it may hold; tell where it ended."""
    parts = urllib.parse.urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    headers = {"Accept": "text/html", "User-Agent": "robusta-volumes"}
    if user:
        login = urllib.parse.unquote(user)
        headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
    context = ssl.create_default_context()
    if configuration("cert"):
        context.load_verify_locations(configuration("cert"))
    # only http and https: a file would be no index
    if parts.scheme not in {"http", "https"}:
        raise Failed(f"{parts.scheme}://{host} is no package index that can be asked without pip.")
    request = urllib.request.Request(urllib.parse.urlunsplit(parts._replace(netloc=host)), headers=headers)  # noqa: S310 (see above)
    with urllib.request.urlopen(request, timeout=SECONDS, context=context) as answer:  # noqa: S310 (see above)
        final = urllib.parse.urlsplit(answer.geturl())
        return urllib.parse.urlunsplit(
            final._replace(netloc=f"{user}@{final.netloc}" if user else final.netloc)
        ), answer.read()


def fetch_pip(folder: Path) -> "list[str]":
    """Fetch the newest pip that this Python runs into ``folder``; give the command that runs it.

    Raises Failed: when pip's configuration forbids it, or the index cannot be read or does not have it.
    """
    if configuration("no-index").lower() in {"1", "true", "yes", "on"}:
        raise Failed("pip's configuration says no-index: there is nobody to ask for pip.")
    index = configuration("index-url") or DEFAULT_INDEX
    shown = re.sub(r"//[^/@]*@", "//", index)
    try:
        page, html = read(index.rstrip("/") + "/pip/")
        links = Links(page)
        links.feed(html.decode("utf-8", "replace"))
        if not links.wheels:
            raise Failed(f"{shown} has no pip for Python {sys.version_info[0]}.{sys.version_info[1]}.")
        newest = max(links.wheels)
        _, content = read(newest.url)
    except (OSError, ValueError) as error:  # URLError and what ssl says are OSErrors
        raise Failed(f"pip cannot be fetched from {shown}: {error}") from error
    if newest.sha256 and hashlib.sha256(content).hexdigest() != newest.sha256:
        raise Failed(f"{newest.name} from {shown} is not what the index says: its sha256 differs.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / newest.name).write_bytes(content)
    return [sys.executable, str(folder / newest.name / "pip")]
