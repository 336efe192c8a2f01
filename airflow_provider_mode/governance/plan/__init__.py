"""What would be changed and what is kept, with reasons, counts, limits and a digest."""
