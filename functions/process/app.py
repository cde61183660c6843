"""The process queue: events of the bus that are ours to work on."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from buildium_sync.observability import observed
from buildium_sync.wiring import processing, telling_of_calls


@observed
@telling_of_calls
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Work on each event by itself; one that fails is reported alone and comes again."""
    flow = processing(lambda: context.get_remaining_time_in_millis() / 1000)

    def work(record: SQSRecord) -> None:
        flow.work(record.body)

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, work, processor, context))
