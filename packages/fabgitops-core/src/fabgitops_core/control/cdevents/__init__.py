"""What is told of a change that goes over a fleet, in the vocabulary of CDEvents 0.5.1 (https://cdevents.dev).

`words` says what there is to tell. `telling` puts it into the outbox in the status (`outbox`), together with the
transition that it tells of; `making` makes of an entry of the outbox what goes over the bus, the same each time.
"""
