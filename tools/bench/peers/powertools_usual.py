"""Powertools as its guide begins: the resolver with validation, Logger and Metrics."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.metrics import MetricUnit
from model import Property
from table import store, to_response

app = APIGatewayRestResolver(enable_validation=True)
logger = Logger()
metrics = Metrics()


@app.post("/api/properties")
def create(fields: Property) -> tuple[dict, int]:
    """Store a property."""
    made = store(fields.model_dump())
    logger.info("Created", extra={"id": made["id"]})
    metrics.add_metric(name="Created", unit=MetricUnit.Count, value=1)
    return to_response(made), 201


@logger.inject_lambda_context
@metrics.log_metrics
def lambda_handler(event, context):
    """Handle API Gateway's proxy event."""
    return app.resolve(event, context)
