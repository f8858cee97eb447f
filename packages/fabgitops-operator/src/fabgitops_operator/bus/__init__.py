"""The bus that tells the world what has happened: CloudEvents to memory, NATS JetStream, Kafka, or a URL over HTTP.

`choosing.bus_of` is the door. Events wait in an `outbox`, in order, until the bus has them for good; a carrier (`nats`,
`kafka`, `web`) takes one there, as the `envelope` says it. The clients are extras, and imported only when named.
"""
