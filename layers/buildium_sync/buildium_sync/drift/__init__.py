"""Drift: where our entities and Buildium's differ, told on demand, and made the same on demand."""
