"""The exporter measured on real guests, beside what operators use today."""
