"""What the tests of several functions share: `events` are what AWS passes to the handlers."""
