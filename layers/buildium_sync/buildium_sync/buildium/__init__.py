"""Buildium's HTTP API and its rate limit."""
