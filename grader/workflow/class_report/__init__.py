"""The report on a class: results, then items, shared mistakes and similarity, then charts, page and comments."""
