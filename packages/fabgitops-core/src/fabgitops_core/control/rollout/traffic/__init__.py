"""Where requests go: the routing, routes of the Gateway API, and the selectors of Services."""
