"""One operator at a time: a Lease (coordination.k8s.io/v1), and no write before it is held or after it may have passed.

`election` decides, without I/O or a clock; `record` is what stands in the Lease; `keeper` asks the API server.
"""
