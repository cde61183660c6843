"""Errors of the tools."""


class LocalCloudError(Exception):
    """An error for the user. Only its text is shown."""
