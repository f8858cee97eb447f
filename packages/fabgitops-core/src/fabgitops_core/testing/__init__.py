"""Fakes of the engine's ports, shipped for whoever builds on it."""
