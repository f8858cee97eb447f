"""The agent of chaos experiments on a node: holds what they ask for, while it is asked again, and no longer."""
