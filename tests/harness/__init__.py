"""The whole system in one process: shared tools of the function tests, the fault simulation and the bench.

`runtime` installs the environment, AWS clients, clock and sleep that the functions' compositions use. `events` creates
what AWS passes to the handlers.

- Functions and the bench call the handlers on moto, with the real clock.
- The fault simulation calls the handlers, with simulated AWS services and its timeline as the clock.
"""
