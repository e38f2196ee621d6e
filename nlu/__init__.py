"""What the service understands: a text becomes an intent, a category and entities."""
