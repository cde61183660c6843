"""Speed and cost, measured beside what one would use instead: `make bench`."""
