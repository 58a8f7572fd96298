"""Make what is installed: the wheel, the release tarball and the runner image.

Wheel and tarball are made from the same files and are the same bytes whenever they are made from the same commit.
"""

import gzip
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from steps import ROOT, Failed, Log, main, say

NAME = "robusta_volumes"
DIST = Path(os.environ.get("DIST") or ROOT / "dist")
ENGINES = ("docker", "podman", "buildah")
ANSWER_SECONDS = 20


def project_tables() -> str:
    """Give the part of pyproject.toml that a release carries: what to install, without the settings of our tools.

    Robusta's command line wants the package beside pyproject.toml, so it lies there in a release, not below actions/.
    """
    kept, wanted = [], False
    for line in (ROOT / "pyproject.toml").read_text().splitlines():
        if line.startswith("["):
            wanted = line.startswith(("[tool.poetry", "[build-system"))
        if wanted:
            kept.append(line.replace(', from = "actions"', ""))
    return "\n".join(kept).rstrip() + "\n"


def version() -> str:
    """Read the version."""
    found = re.search(r'^version = "([^"]+)"', project_tables(), re.MULTILINE)
    if found is None:
        raise Failed("pyproject.toml names no version.")
    return found.group(1)


def epoch() -> int:
    """Tell the time that everything in a release carries, in seconds: SOURCE_DATE_EPOCH, or the commit's."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        log = ["git", "log", "-1", "--format=%ct"]
        given = subprocess.run(log, capture_output=True, text=True, cwd=str(ROOT), check=False).stdout.strip()
    return int(given or 1577836800)  # neither: the first second of 2020, any constant does


def stage(folder: Path) -> Path:
    """Lay the files of a release into ``folder``."""
    tree = folder / f"{NAME}-{version()}"
    shutil.copytree(
        str(ROOT / "actions" / NAME), str(tree / NAME), ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    for file in ("README.md", "LICENSE"):
        shutil.copyfile(str(ROOT / file), str(tree / file))
    (tree / "pyproject.toml").write_text(project_tables())
    return tree


def wheel() -> Path:
    """Build the wheel with the poetry-core that a runner carries; no index is asked."""
    with tempfile.TemporaryDirectory() as folder:
        tree, built = stage(Path(folder)), Path(folder) / "built"
        build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
        Log("wheel").run("wheel", [*build, "--wheel-dir", str(built), str(tree)], {"SOURCE_DATE_EPOCH": str(epoch())})
        DIST.mkdir(exist_ok=True)
        for old in DIST.glob(f"{NAME}-*.whl"):  # the image takes every wheel that lies there
            old.unlink()
        made = next(built.glob("*.whl"))
        shutil.move(str(made), str(DIST / made.name))
    return DIST / made.name


def tarball() -> Path:
    """Pack the release tarball: one folder with pyproject.toml and the package in it."""
    seconds = epoch()

    def same_everywhere(member: tarfile.TarInfo) -> tarfile.TarInfo:
        """Take out what depends on the machine and the hour."""
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        member.mtime = seconds
        member.mode = 0o755 if member.isdir() else 0o644
        return member

    DIST.mkdir(exist_ok=True)
    target = DIST / f"{NAME}-{version()}.tar.gz"
    with tempfile.TemporaryDirectory() as folder:
        tree = stage(Path(folder))
        # "" as the name and the time of our choice: gzip would note both.
        with (
            target.open("wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=seconds) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
        ):
            archive.add(str(tree), tree.name, filter=same_everywhere)
    return target


def runner_version() -> str:
    """Read which runner the Dockerfile builds on."""
    found = re.search(r"^ARG RUNNER_IMAGE=\S+:(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    if found is None:
        raise Failed("The Dockerfile names no RUNNER_IMAGE with a tag.")
    return found.group(1)


def answers(engine: str) -> bool:
    """Tell whether a container engine is there and running."""
    if shutil.which(engine) is None:
        return False
    try:
        return (
            subprocess.run([engine, "info"], capture_output=True, timeout=ANSWER_SECONDS, check=False).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def image() -> None:
    """Build the runner image. No engine is a failure, in CI and everywhere: an image that is missing is not a success."""
    made = wheel()
    tag = os.environ.get("IMAGE") or f"robusta-volumes-runner:{runner_version()}-{version()}"
    runner = os.environ.get("RUNNER_IMAGE")
    build = ["build", "-t", tag, *(["--build-arg", f"RUNNER_IMAGE={runner}"] if runner else []), "."]
    engine = next((one for one in ENGINES if answers(one)), None)
    if engine is None:
        here = " and ".join(one for one in ENGINES if shutil.which(one))
        what = f"{here} is here, but no engine answers it" if here else f"none of {', '.join(ENGINES)} is here"
        raise Failed(
            f"No container engine answers: {what}. No image was built.\n"
            f"The wheel is in {made}. Run where an engine is:\n"
            f"  make image\n"
            f"or, with Dockerfile, .dockerignore and dist/ copied there:\n"
            f"  docker {' '.join(build)}\n"
        )
    Log("image").run(f"{tag} with {engine}", [engine, *build])
    say(f"Built {tag}. Push it to where your cluster pulls from, then see docs/install.md.")


def work() -> None:
    """Make what the command line names."""
    makers = {"wheel": wheel, "tarball": tarball}
    asked = sys.argv[1:]
    if asked == ["image"]:
        image()
    elif len(asked) == 1 and asked[0] in makers:
        say(str(makers[asked[0]]()))
    else:
        raise Failed("usage: package.py wheel | tarball | image")


if __name__ == "__main__":
    main(work)
