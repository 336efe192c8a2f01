"""What is known of each report's use, from REST, the Discovery API or SQL."""
