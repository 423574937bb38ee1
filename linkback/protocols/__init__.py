"""The wire formats: bytes in, values out, and values in, bytes out."""
