"""The tables and queues."""
