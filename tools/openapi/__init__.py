"""`make openapi`: builds the OpenAPI document of the API from its routes, entity types and models."""
