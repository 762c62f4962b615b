"""Texts of one's own: a CSV file with a column of texts, or a folder of class folders of .txt files."""
