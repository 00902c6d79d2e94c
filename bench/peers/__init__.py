"""Limits and peers: what the rows are measured against, none of it built on Antiphon."""
