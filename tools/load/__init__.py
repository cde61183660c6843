"""Loads the rows of a file into one collection of the API."""
