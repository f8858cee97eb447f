"""Values and the words that carry them: a codec of mock-plc's own, so that no other's mistakes are repeated here."""
