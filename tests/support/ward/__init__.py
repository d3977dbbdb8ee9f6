"""Patients of the runbooks: machines and guests of a real host, what is done to them, and what then holds."""
