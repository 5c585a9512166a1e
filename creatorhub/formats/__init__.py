"""How dates are written where a page does not say it: day, month in letters, year, 24 hours."""
