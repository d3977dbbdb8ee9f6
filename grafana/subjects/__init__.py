"""Panels by subject; pages choose and place them."""
