"""The command line: one module per command; the only package that knows both service and workers."""
