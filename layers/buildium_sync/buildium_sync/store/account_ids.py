"""The id of the Buildium account: one item of the control table.

pk                what
buildium-account  accountId: the account of the first accepted webhook event
"""

from typing import TYPE_CHECKING

from buildium_sync.store.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_KEY = {"pk": "buildium-account"}


class AccountIdStore:
    """The item with the id of the first account."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def first_seen(self, account_id: int) -> int:
        """Return the id of the first account. Without one, store and return `account_id`."""
        response = self._client.update_item(
            TableName=self._table,
            Key=to_attributes(_KEY),
            UpdateExpression="SET accountId = if_not_exists(accountId, :id)",
            ExpressionAttributeValues=to_attributes({":id": account_id}),
            ReturnValues="ALL_NEW",
        )
        return int(from_attributes(response["Attributes"])["accountId"])
