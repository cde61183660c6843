"""Headers of every response with data: it is for one client, and its media type is right."""

DATA_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
