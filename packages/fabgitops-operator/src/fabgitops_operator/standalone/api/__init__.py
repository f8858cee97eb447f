"""The Kubernetes API, as far as kubectl, fabctl and the operator's own tools ask for it, over the store of one box.

`Api.answer` is a function of a request to a reply or a stream of chunks, and knows no socket; `serving` is the one
file that knows aiohttp. A kind is served because it is among the resources: nothing here knows a particular one, but
for Events, which Kubernetes shows under two names, and namespaces.
"""
