"""The service: one cycle per step, and what it learns and keeps between them."""
