"""The judge: what is said to Buildium, and what the simulator answers, against its document."""
