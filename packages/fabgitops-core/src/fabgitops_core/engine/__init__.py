"""When and in which order: the scheduler, the workers, and the ports to the world (asyncio)."""
