"""Erasure of the personal data of one entity."""
