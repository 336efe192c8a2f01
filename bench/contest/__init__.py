"""What `make bench` compares, and how it measures."""
