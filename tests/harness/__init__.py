"""The whole system in one process: one set of tools for functions, flows, the fault simulation and the bench.

`runtime` installs the environment, AWS clients, clock and sleep that the functions' compositions use. `events` creates
what AWS passes to the handlers. `sqs` is a queue service for the virtual clock.

- Functions and the bench call the handlers on moto, with the real clock.
- Flows call the parts of the compositions, with moto's DynamoDB, `sqs` and a virtual clock.
- The fault simulation calls the handlers, with simulated AWS services and its timeline as the clock.
"""
