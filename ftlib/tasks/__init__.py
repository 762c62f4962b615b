"""Inputs with targets in three splits, from registered sets and from folders."""
