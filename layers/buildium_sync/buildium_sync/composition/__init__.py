"""The composition roots: one module for each function that creates the function's parts."""

import gc

# A cold start creates about 120,000 objects and keeps nearly all of them. With the default threshold the collector
# scans them dozens of times, which is about a tenth of a cold start.
gc.set_threshold(200_000)
