"""What is claimed: profiles of products, every value with its status and source."""
