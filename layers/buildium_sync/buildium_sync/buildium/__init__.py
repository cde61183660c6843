"""Buildium: its HTTP API, its rate limit, its webhooks."""
