"""The code that the Lambda functions share: entities, their stores, the Buildium client, and both sync flows."""
