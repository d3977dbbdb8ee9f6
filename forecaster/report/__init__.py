"""Reports: the view as text."""
