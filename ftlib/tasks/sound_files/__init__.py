"""Sounds of one's own: a folder of class folders of sound files, or a CSV file that lists them."""
