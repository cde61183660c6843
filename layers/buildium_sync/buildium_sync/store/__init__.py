"""What is kept in DynamoDB, and how."""
