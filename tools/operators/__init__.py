"""Adds, lists and deletes operators."""
