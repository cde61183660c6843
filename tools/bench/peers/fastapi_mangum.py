"""FastAPI behind Mangum, with an asynchronous route: the faster of its two kinds."""

from fastapi import FastAPI
from mangum import Mangum
from model import Property
from table import store, to_response

app = FastAPI()


@app.post("/api/properties", status_code=201)
async def create(fields: Property):
    """Store a property."""
    return to_response(store(fields.model_dump()))


lambda_handler = Mangum(app, lifespan="off")
