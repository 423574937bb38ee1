"""Entries in, the bytes of a comment feed out."""
