"""The control API: what is served about PLCs, and done to them, over HTTP and JSON on a port of its own."""
