"""The house style: colours, thresholds, value mappings and the cells of tables, each written once."""
