"""Faces: one file a protocol, each translating to the operations and back."""
