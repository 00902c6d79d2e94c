"""Uploads: tables of songs that editors send to a running server."""
