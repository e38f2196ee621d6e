"""/api/v1: what the city's other platforms may read and tell, and the shapes of it."""
