"""Install what the tests want from the system: a browser and a font, kubectl, curl, busybox, Prometheus, fio, cc.

With apt and root they are installed when absent. Otherwise one message says what to install, and the tests marked as
needing it fail in CI and are left out, by name, anywhere else (tests/conftest.py).
"""

import os
import subprocess
from pathlib import Path

from steps import ROOT, TOOLS, Failed, Log, can_apt, install_with_apt, is_ci, main, program, say

FONT = "fonts-dejavu-core"
FONT_FILES = ("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", "/usr/share/fonts/dejavu/DejaVuSansMono.ttf")
START_SECONDS = 20
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
KUBECTL = "kubectl (Ubuntu's archive has none): https://kubernetes.io/docs/tasks/tools/install-kubectl-linux/"


def missing() -> "list[str]":
    """Name the Debian packages whose content is not here, by whatever way it could have come."""
    font = any(Path(file).exists() for file in FONT_FILES)
    wanted = [*([] if browser() else ["chromium"]), *([] if font else [FONT])]
    wanted += [] if program("curl") else ["curl"]
    wanted += [] if program("kubectl") or is_ubuntu() else ["kubernetes-client"]
    wanted += [] if program("busybox") else ["busybox"]
    wanted += [] if program("cc") else ["gcc", "libc6-dev"]  # for a clock that tests move
    # apt may start one on port 9090: it is left alone, tests start their own on another port
    wanted += [] if program("prometheus") and program("promtool") else ["prometheus"]
    wanted += [] if program("fio") else ["fio"]
    return wanted


def by_hand() -> "list[str]":
    """Name what is not here and that no package of this system brings, with the place where it is to be had."""
    return [KUBECTL] if is_ubuntu() and not program("kubectl") else []


def browser() -> "str | None":
    """Find a browser that starts: Ubuntu's chromium-browser only tells people to install a snap."""
    return next((found for found in (program(name) for name in BROWSERS) if found and starts(found)), None)


def starts(found: str) -> bool:
    """Tell whether a program gives its version."""
    try:
        return not subprocess.run(
            [found, "--version"], capture_output=True, timeout=START_SECONDS, check=False
        ).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


def link_browser() -> None:
    """Put the browser that is here on our PATH as ``chromium``, the name that tests know."""
    found = browser()
    if found and found != program("chromium"):
        link_chromium(Path(found))


def link_chromium(target: Path) -> None:
    """Link ``.tools/bin/chromium``, which the Makefile has on the PATH."""
    link = TOOLS / "bin" / "chromium"
    link.parent.mkdir(parents=True, exist_ok=True)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(target)


def is_ubuntu() -> bool:
    """Tell whether this is Ubuntu, whose chromium package is a stub for snap: no use in a container."""
    release = Path(os.environ.get("SYSTEMD_OS_RELEASE") or "/etc/os-release")
    return release.exists() and "ID=ubuntu" in release.read_text().splitlines()


def browser_by_playwright(log: Log) -> None:
    """Fetch a Chromium where apt has none, with playwright's installer, and put it on our PATH as ``chromium``."""
    home, browsers = TOOLS / "playwright", TOOLS / "browsers"
    python = str(ROOT / ".venv" / "bin" / "python")
    install = [python, "-m", "pip", "install", "-q", "--upgrade", "--target", str(home), "playwright"]
    log.run("playwright, for its Chromium", install)
    env = {"PYTHONPATH": str(home), "PLAYWRIGHT_BROWSERS_PATH": str(browsers)}
    log.run("Chromium", [python, "-m", "playwright", "install", "--with-deps", "chromium"], env)
    link_chromium(next(browsers.glob("chromium-*/chrome-linux*/chrome")))


def install(packages: "list[str]") -> None:
    """Install them the way this machine allows."""
    log = Log("system_packages")
    if "chromium" in packages and is_ubuntu():
        browser_by_playwright(log)
        packages = [package for package in packages if package != "chromium"]
    if packages:
        install_with_apt(log, packages)


def provide() -> None:
    """Install what is missing or say what to install. In CI it is an error when something stays missing."""
    failure = ""
    if missing() and can_apt():
        try:
            install(missing())
        except Failed as problem:
            failure = f"{problem}\n"
    link_browser()
    wanted = [f"sudo apt-get install {' '.join(missing())}"] if missing() else []
    wanted += by_hand()
    if not wanted:
        return
    text = "\n".join(
        [f"{failure}These tests want something that only root can install:", *(f"  {one}" for one in wanted)]
    )
    if is_ci():
        raise Failed(text)
    say(f"{text}\nWithout it the tests that need it are left out.")


if __name__ == "__main__":
    main(provide)
