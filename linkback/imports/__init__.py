"""Readers of what other systems export: comments, pingbacks, trackbacks and webmentions, made into one shape."""
