"""Racks by REST: the routes, bodies and answers that Fabrica's rack example has, over the Kubernetes API.

It keeps nothing: each request is asked of the API server in the name of who asked here (ADR 31).
"""
