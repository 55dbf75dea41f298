"""The report on a class: read (results), worked out (items, likeness, similarity), shown (charts, page), commented."""
