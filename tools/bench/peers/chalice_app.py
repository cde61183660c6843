"""Chalice, with pydantic."""

from chalice import Chalice, Response
from model import Property
from pydantic import ValidationError
from table import store, to_response

app = Chalice(app_name="peer")


@app.route("/api/properties", methods=["POST"])
def create():
    """Store a property."""
    try:
        fields = Property.model_validate_json(app.current_request.raw_body)
    except ValidationError as error:
        return Response(error.json(include_url=False), status_code=422)
    return Response(to_response(store(fields.model_dump())), status_code=201)


lambda_handler = app
