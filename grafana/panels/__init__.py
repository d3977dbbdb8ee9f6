"""The kinds of panels, with the house style; a call of one builds one panel."""
