"""The aiohttp application: one module per endpoint family, wired in app.py."""
