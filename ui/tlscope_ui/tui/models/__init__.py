"""What the screen shows, without a widget: tested without a terminal."""
