"""What Meta refuses, and in which words."""
