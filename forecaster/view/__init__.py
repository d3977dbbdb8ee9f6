"""The frozen picture after a cycle: what readers may know, decided once."""
