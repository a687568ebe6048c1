"""Documents on paper: pages with embedded fonts, for the desks that print."""
