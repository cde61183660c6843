"""The entity types: fields, validation, mapping to and from Buildium."""
