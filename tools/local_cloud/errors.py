"""What may go wrong here, said to a person."""


class LocalCloudError(Exception):
    """Something that a person has to hear of; the message is all that is shown."""
