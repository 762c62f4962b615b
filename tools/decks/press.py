"""From filled Markdown to HTML and PDF: Marp, which comes from npm, and Chromium."""

import base64
import os
import pathlib
import re
import shutil
import subprocess

from decks.source import DeckError

SLIDES = pathlib.Path(__file__).resolve().parents[2] / "slides"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_APPS = ("Google Chrome.app/Contents/MacOS/Google Chrome", "Chromium.app/Contents/MacOS/Chromium")
_FROM_OUTSIDE = re.compile(r"""(?:src|srcset|data)=["']https?:|<link[^>]+href=["']https?:|url\(["']?https?:|@import""")


def install():
    """Installs Marp into slides/node_modules as package-lock.json pins it, where that is not done yet.

    Raises:
        DeckError: Without npm, or if it fails.
    """
    if not shutil.which("npm"):
        raise DeckError("make slides needs npm, which comes with Node.js 18 or newer (Debian: apt-get install npm).")
    installed_lock, pinned_lock = SLIDES / "node_modules" / ".package-lock.json", SLIDES / "package-lock.json"
    if installed_lock.exists() and installed_lock.stat().st_mtime >= pinned_lock.stat().st_mtime:
        return
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    result = subprocess.run(command, cwd=SLIDES, capture_output=True, text=True)
    if result.returncode:
        raise DeckError(f"npm could not install Marp:\n{result.stderr.strip()}")
    installed_lock.touch()


def browser():
    """Returns the path of a Chromium that can print.

    Raises:
        DeckError: Where there is none, or where Linux has no Korean font for it to print with.
    """
    browser_path = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, _BROWSERS)), None)
    browser_path = browser_path or next(
        (f"/Applications/{app}" for app in _APPS if os.path.exists(f"/Applications/{app}")), None
    )
    if not browser_path or not shutil.which(browser_path):
        raise DeckError(
            "the PDFs need Chromium or Chrome (Debian: apt-get install chromium), on the path or named by CHROME_PATH. "
            f"Received: CHROME_PATH={os.environ.get('CHROME_PATH')!r}."
        )
    if shutil.which("fc-list"):  # macOS and Windows have Korean fonts
        korean_fonts = subprocess.run(["fc-list", ":lang=ko", "family"], capture_output=True, text=True).stdout
        if not korean_fonts.strip():
            raise DeckError("the Korean PDFs need a Korean font (Debian: apt-get install fonts-noto-cjk).")
    return browser_path


def marp(paths, *options, chromium=None):
    """Runs Marp on Markdown files; what it makes lies beside them.

    Raises:
        DeckError: If it fails.
    """
    environment = {**os.environ, **({"CHROME_PATH": chromium} if chromium else {})}
    if chromium and getattr(os, "geteuid", lambda: 1)() == 0:
        environment["CHROME_NO_SANDBOX"] = "1"  # root, as in a container, has no sandbox
    command = [SLIDES / "node_modules" / ".bin" / "marp", "--no-stdin", "--config", SLIDES / "marp.config.mjs"]
    result = subprocess.run([*command, *options, *paths], cwd=SLIDES, env=environment, capture_output=True, text=True)
    ending = ".pdf" if "--pdf" in options else ".html"
    missing_files = [path.name for path in paths if not path.with_suffix(ending).exists()]
    if result.returncode or missing_files:
        raise DeckError(f"Marp failed:\n{(result.stderr or result.stdout).strip()}")


def embed(path):
    """Puts the figures of an HTML file into it, so that one file is the whole deck.

    Raises:
        DeckError: If a figure is not there, or the file would load something from the network.
    """

    def inlined(match):
        data = base64.b64encode((path.parent / match[1]).read_bytes()).decode("ascii")
        return f'src="data:image/svg+xml;base64,{data}"'

    html_text = re.sub(r'src="(\.\./figures/[\w-]+\.svg)"', inlined, path.read_text(encoding="utf-8"))
    outside_link = _FROM_OUTSIDE.search(html_text)
    if outside_link:
        excerpt = html_text[outside_link.start() : outside_link.start() + 80]
        raise DeckError(f"{path.name} would load something from the network: {excerpt!r}.")
    path.write_text(html_text, encoding="utf-8")
