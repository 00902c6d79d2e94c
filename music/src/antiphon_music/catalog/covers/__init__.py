"""Covers: a picture for each album."""
