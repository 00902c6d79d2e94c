"""Antiphon: hybrid APIs that can be asked and can tell."""
