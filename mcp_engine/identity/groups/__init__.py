"""Groups of principals: whom an access list can name together. A group gives no scope: it says who belongs to it."""
