"""What Alertmanager said: notifications as events, and the history they make. Pure."""
