"""What has to hold for every page of the site."""

import posixpath
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from pages.render import SiteError


class Page(HTMLParser):
    """Notes the anchors of a page, what it links to, what it loads, and images that say nothing."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.silent = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "img" and not (attrs.get("alt") or "").strip():
            self.silent.append(attrs.get("src"))
        if attrs.get("href"):
            (self.links if tag == "a" else self.loads).append(attrs["href"])
        self.loads += [attrs[name] for name in ("src", "srcset", "poster", "data") if attrs.get(name)]


def check(files):
    """Looks at all pages of a site.

    Args:
        files: Dictionary from paths in the site to bytes.

    Raises:
        SiteError: Where a page would load something from elsewhere, a link or an anchor leads nowhere, an id is there
            twice, or an image has no alt text. All of it is named.
    """
    pages = {name: Page(data.decode()) for name, data in files.items() if name.endswith(".html")}
    wrong = []
    for name, page in pages.items():
        wrong += [f"{name}: two elements have the id {i!r}" for i in sorted(set(page.ids)) if page.ids.count(i) > 1]
        wrong += [f"{name}: the image {source} has no alt text" for source in page.silent]
        for href in page.loads + page.links:
            address = urlsplit(href)
            if address.scheme or address.netloc:
                if href in page.loads:
                    wrong.append(f"{name} would load {href} from elsewhere")
                continue
            path = posixpath.join(posixpath.dirname(name), unquote(address.path))
            target = posixpath.normpath(path) if address.path else name
            if target not in files or (address.fragment and unquote(address.fragment) not in pages[target].ids):
                wrong.append(f"{name}: the link to {href} leads nowhere")
    if wrong:
        raise SiteError("\n".join(wrong))
