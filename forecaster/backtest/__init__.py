"""The engine judged on a backend's own history, beside the methods operators use today."""
