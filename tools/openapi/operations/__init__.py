"""What each route accepts and returns. The routes themselves come from the api function and the template."""
