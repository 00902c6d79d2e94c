"""Stores: where state and log live."""
