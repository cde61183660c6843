"""Generates the tables of the documentation: `make docs`."""
