"""The methods that the engine is compared with: one file each, which knows nothing of the others."""
