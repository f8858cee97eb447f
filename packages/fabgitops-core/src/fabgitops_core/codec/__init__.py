"""How values stand in registers: tables and references, types, byte orders, scaling. Pure, and imports nothing of ours."""
