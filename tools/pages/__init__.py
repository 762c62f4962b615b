"""Parts of the builder of the site, `tools/build_site.py`."""
