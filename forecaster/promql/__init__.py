"""The backend: the only folder that queries."""
