"""Benchmarks: each row runs Antiphon and a limit or a peer side by side, in one run."""
