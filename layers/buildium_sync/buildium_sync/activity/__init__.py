"""What has been seen of the entities: their timelines, and how many are in each state. Beside the sync, never in it."""
