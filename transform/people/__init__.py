"""Records that say who somebody is: registrations, orders and the events of those who are logged in."""
