"""The decisions for a BMC: what it tells is told on, and what somebody wants switched is switched, once."""
