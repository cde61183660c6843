"""FastAPI behind Mangum, with an asynchronous route: the faster of its two kinds."""

from fastapi import FastAPI
from mangum import Mangum
from model import Property
from table import answer, keep

app = FastAPI()


@app.post("/api/properties", status_code=201)
async def create(fields: Property):
    """Keep a property."""
    return answer(keep(fields.model_dump()))


lambda_handler = Mangum(app, lifespan="off")
