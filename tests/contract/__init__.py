"""Validates requests to Buildium, and the simulator's responses, against Buildium's document."""
