"""Live migrations: whether one will end, how long it takes, how long the guest stands still; pure."""
