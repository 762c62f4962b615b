"""What has to hold for every page of the site."""

import posixpath
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from pages.render import SiteError


class Page(HTMLParser):
    """Notes the anchors of a page, what it links to, what it loads, and images that say nothing."""

    def __init__(self, text):
        super().__init__()
        self.ids = []
        self.links = []
        self.loads = []
        self.images_without_alt = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "img" and not (attributes.get("alt") or "").strip():
            self.images_without_alt.append(attributes.get("src"))
        if attributes.get("href"):
            addresses = self.links if tag == "a" else self.loads
            addresses.append(attributes["href"])
        self.loads += [attributes[name] for name in ("src", "srcset", "poster", "data") if attributes.get(name)]


def check(files: dict[str, bytes]) -> None:
    """Looks at all pages of a site.

    Args:
        files: Dictionary from paths in the site to bytes.

    Raises:
        SiteError: Where a page would load something from elsewhere, a link or an anchor leads nowhere, an id is there
            twice, or an image has no alt text. All of it is named.
    """
    pages = {name: Page(data.decode()) for name, data in files.items() if name.endswith(".html")}
    problems = []
    for name, page in pages.items():
        repeated_ids = sorted({element_id for element_id in page.ids if page.ids.count(element_id) > 1})
        problems += [f"{name}: two elements have the id {repeated_id!r}" for repeated_id in repeated_ids]
        problems += [f"{name}: the image {source} has no alt text" for source in page.images_without_alt]
        problems += [f"{name} would load {address} from elsewhere" for address in page.loads if _is_elsewhere(address)]
        for address in page.loads + page.links:
            if not _is_elsewhere(address) and not _leads_somewhere(address, name, files, pages):
                problems.append(f"{name}: the link to {address} leads nowhere")
    if problems:
        raise SiteError("\n".join(problems))


def _is_elsewhere(address):
    address_parts = urlsplit(address)
    return bool(address_parts.scheme or address_parts.netloc)


def _leads_somewhere(address, page_name, files, pages):
    """Returns whether a link on a page leads to a file of the site and, where it names one, to an anchor in it."""
    address_parts = urlsplit(address)
    target_name = page_name
    if address_parts.path:
        target_path = posixpath.join(posixpath.dirname(page_name), unquote(address_parts.path))
        target_name = posixpath.normpath(target_path)
    if target_name not in files:
        return False
    return not address_parts.fragment or unquote(address_parts.fragment) in pages[target_name].ids
