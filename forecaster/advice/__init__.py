"""What to make of the engine's figures, as pure functions: sentences, and what belongs together."""
