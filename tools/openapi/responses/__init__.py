"""The bodies of the API's responses, apart from those of entities."""
