"""What must hold for every row of the alert rules: pure functions from a row to what is wrong with it."""
