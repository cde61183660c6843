"""Flask behind a WSGI adapter, with pydantic."""

from apig_wsgi import make_lambda_handler
from flask import Flask, Response, request
from model import Property
from pydantic import ValidationError
from table import store, to_response

app = Flask(__name__)


@app.post("/api/properties")
def create():
    """Store a property."""
    try:
        fields = Property.model_validate_json(request.get_data())
    except ValidationError as error:
        return Response(error.json(include_url=False), 422, mimetype="application/json")
    return to_response(store(fields.model_dump())), 201


lambda_handler = make_lambda_handler(app)
