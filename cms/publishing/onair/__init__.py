"""直播与插播: orders to show something on a channel instead of what is planned, and the pictures made for them."""
