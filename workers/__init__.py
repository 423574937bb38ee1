"""The loops that do what was queued; runner.py runs them."""
