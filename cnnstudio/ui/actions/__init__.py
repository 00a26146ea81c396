"""What can be done: actions with their conditions, and the menus, keys and lists that offer them."""
