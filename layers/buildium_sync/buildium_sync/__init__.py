"""The code shared by the functions: entities, their store, Buildium, and the two flows between them."""

import gc

# A cold start makes some 120,000 objects, nearly all of which stay. By default the collector goes through them dozens
# of times meanwhile, which is about a tenth of it.
gc.set_threshold(200_000)
