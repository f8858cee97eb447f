"""How values stand in registers: tables, references, types, byte orders, scaling. Pure, and imports nothing of ours."""
