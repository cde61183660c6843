"""The code that the Lambda functions share: entities, their stores, the Buildium client, and both sync flows."""

__version__ = "0.1.0"
