"""What the product needs to know about the Buildium account: its lists of choices, and whether it is ready."""
