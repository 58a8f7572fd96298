"""Install what the tests want from the system: a browser and a font for the demo page, kubectl and curl as clients.

With apt and root they are installed when absent. Otherwise one message says what to install, and the tests marked as
needing it fail in CI and are left out, by name, anywhere else (tests/conftest.py).
"""

from pathlib import Path

from steps import ROOT, TOOLS, Failed, Log, can_apt, install_with_apt, is_ci, main, program, say

FONT = "fonts-dejavu-core"
FONT_FILES = ("/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf", "/usr/share/fonts/dejavu/DejaVuSansMono.ttf")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def missing() -> "list[str]":
    """Name the Debian packages whose content is not here, by whatever way it could have come."""
    font = any(Path(file).exists() for file in FONT_FILES)
    wanted = [*([] if program(*BROWSERS) else ["chromium"]), *([] if font else [FONT])]
    wanted += [] if program("curl") else ["curl"]
    # Ubuntu's archive has no kubectl: there its one test is left out unless somebody installed it
    wanted += [] if program("kubectl") or is_ubuntu() else ["kubernetes-client"]
    return wanted


def is_ubuntu() -> bool:
    """Tell whether this is Ubuntu, whose chromium package is a stub for snap: no use in a container."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=ubuntu" in release.read_text().splitlines()


def browser_by_playwright(log: Log) -> None:
    """Fetch a Chromium where apt has none, with playwright's installer, and put it on our PATH as ``chromium``."""
    home, browsers = TOOLS / "playwright", TOOLS / "browsers"
    python = str(ROOT / ".venv" / "bin" / "python")
    install = [python, "-m", "pip", "install", "-q", "--upgrade", "--target", str(home), "playwright"]
    log.run("playwright, for its Chromium", install)
    env = {"PYTHONPATH": str(home), "PLAYWRIGHT_BROWSERS_PATH": str(browsers)}
    log.run("Chromium", [python, "-m", "playwright", "install", "--with-deps", "chromium"], env)
    link = TOOLS / "bin" / "chromium"
    link.parent.mkdir(exist_ok=True)
    if link.is_symlink():
        link.unlink()
    link.symlink_to(next(browsers.glob("chromium-*/chrome-linux*/chrome")))


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
    wanted = missing()
    if not wanted:
        return
    problem = f"These tests want system packages that only root can install: sudo apt-get install {' '.join(wanted)}"
    if can_apt():
        try:
            install(wanted)
        except Failed as failure:
            problem = str(failure)
    if missing():
        if is_ci():
            raise Failed(problem)
        say(f"{problem}\nWithout them the tests that need them are left out.")


if __name__ == "__main__":
    main(provide)
