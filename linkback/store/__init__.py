"""The store: the only code that knows the keys and scripts of Valkey or Redis."""
