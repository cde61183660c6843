"""The code shared by the functions: entities, their store, Buildium, and the two flows between them."""
