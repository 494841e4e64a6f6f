"""What can be asked: a page, a question, a customer."""
