"""What is done to targets of chaos experiments, over networks: agents of nodes, and control APIs of mock PLCs."""
